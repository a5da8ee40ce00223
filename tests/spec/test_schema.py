"""schemas/stack.schema.json: made from the classes, valid, and of use to an editor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from stackgen import paths
from stackgen.spec.schema import stack_schema, text
from tests.stacks import build_data


def _fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}".lstrip("."), inner
        yield from _fields(inner, f"{path}.{name}")
    if "items" in schema:
        yield from _fields(schema["items"], f"{path}[]")


def test_the_file_is_what_the_classes_say() -> None:
    with open(paths.schemas("stack.schema.json"), encoding="utf-8") as stream:
        assert stream.read() == text(), "run: python -m stackgen.spec.schema"


def test_it_is_a_valid_schema() -> None:
    assert jsonschema_rs.meta.is_valid(stack_schema())
    assert stack_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_field_has_words_for_people() -> None:
    for path, schema in _fields(stack_schema()):
        described = schema.get("description", "")
        assert described, path
        assert described[0].isupper() or ": " in described, path
        assert described.endswith("."), path


# Objects whose fields are those of Kubernetes.
OF_KUBERNETES = re.compile(
    r"extraObjects|(models(\[\])?|gateway)\.((picker|prefill|pool|monitor)\.)?"
    r"((roles\[\]|configMap)\.)?(template|selector|labels|annotations|config|ports|rules|files)"
)


def test_no_object_takes_unknown_keys() -> None:
    for path, schema in [("", stack_schema()), *_fields(stack_schema())]:
        if schema.get("type") == "object" and not OF_KUBERNETES.search(path):
            assert schema["additionalProperties"] is False, path
            assert set(schema["required"]) <= set(schema["properties"]), path


def test_defaults_and_examples_are_values_the_schema_allows() -> None:
    seen = 0
    for path, schema in _fields(stack_schema()):
        validator = jsonschema_rs.Draft202012Validator(schema)
        for value in [
            *schema.get("examples", ()),
            *([schema["default"]] if "default" in schema else ()),
        ]:
            assert validator.is_valid(value), (path, value)
            seen += 1
    assert seen > 15


def test_every_pattern_is_explained_in_words() -> None:
    for path, schema in _fields(stack_schema()):
        holder = schema if "pattern" in schema else schema.get("items", {})
        if "pattern" in holder:
            re.compile(holder["pattern"])
            assert holder.get("x-allowed"), path


def test_required_fields_have_no_default() -> None:
    def check(schema: dict[str, Any]) -> None:
        for name, inner in schema.get("properties", {}).items():
            assert not (name in schema.get("required", ()) and "default" in inner), name
            check(inner)
        check(schema["items"]) if "items" in schema else None

    check(stack_schema())


def test_it_accepts_the_reference_stack_and_its_environments() -> None:
    validator = jsonschema_rs.Draft202012Validator(stack_schema())
    for env in ("dev", "prod"):
        assert validator.is_valid(build_data(env).loaded.data)


def test_it_is_plain_json_with_a_stable_order() -> None:
    assert json.loads(text()) == stack_schema()
    assert list(stack_schema()["properties"]) == ["apiVersion", "kind", "metadata", "spec"]


@pytest.mark.parametrize(
    ("section", "field", "address"),
    [
        ("delivery", "repository", "https://git.example.com{}/acme/llm"),
        ("delivery", "repository", "ssh://git@git.example.com{}/acme/llm"),
        ("delivery", "repository", "https://[2001:db8::1]{}/acme/llm"),
        ("observe", "traces.endpoint", "http://otel.tracing.svc{}"),
        ("gateway", "authentication.jwt.jwksUri", "https://login.example.com{}/keys"),
    ],
)
def test_a_port_of_an_address_is_one_that_exists(section: str, field: str, address: str) -> None:
    spec = stack_schema()["properties"]["spec"]["properties"]
    rules = spec[section]
    for key in field.split("."):
        rules = rules.get("items", rules)["properties"][key]
    for port, allowed in (("1", True), ("65535", True), ("0", False), ("65536", False)):
        assert bool(re.search(rules["pattern"], address.format(f":{port}"))) is allowed
    ports = spec["network"]["properties"]["allow"]["items"]["properties"]["ports"]["items"]
    assert (ports["minimum"], ports["maximum"]) == (1, 65535)


def test_every_number_has_bounds() -> None:
    numbers = [(p, s) for p, s in _fields(stack_schema()) if s.get("type") in ("integer", "number")]
    assert len(numbers) > 50
    assert not [path for path, schema in numbers if not {"minimum", "maximum"} <= schema.keys()]
    texts = [(p, s["pattern"]) for p, s in _fields(stack_schema()) if "pattern" in s]
    amounts = [(p, t) for p, t in texts if t.startswith(("^[1-9]", "^(0|", "^(auto|["))]
    assert len(amounts) > 10
    assert not [path for path, pattern in amounts if re.search(r"\d\](\*|\+)", pattern)]
