"""From definitions to schema files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackgen.schema.condense import NotADefinitionError, condense, rule_key, share, to_text
from stackgen.schema.node import RULES
from tests.schema.given import Widgets, definition


def spec_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The condensed spec of a widget, references resolved at the top."""
    (made,) = condense(definition(schema), {})
    node: dict[str, Any] = made.schema["properties"]["spec"]
    return node


def test_objects_are_closed_and_prose_is_left_out() -> None:
    node = spec_of(
        {"type": "object", "description": "long", "properties": {"a": {"type": "string"}}}
    )
    assert node == {
        "additionalProperties": False, "properties": {"a": {"type": "string"}}, "type": "object",
    }  # fmt: skip


def test_open_objects_stay_open() -> None:
    node = spec_of({"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    assert "additionalProperties" not in node


def test_whole_numbers_have_the_bounds_of_their_format() -> None:
    assert spec_of({"type": "integer", "format": "int32", "minimum": 0})["maximum"] == 2**31 - 1
    assert spec_of({"type": "integer"})["minimum"] == -(2**63)
    assert "maximum" not in spec_of({"type": "number"})


def test_int_or_string() -> None:
    either = [{"type": "integer"}, {"type": "string"}]
    node = spec_of({"x-kubernetes-int-or-string": True, "anyOf": either})
    assert node["type"] == ["integer", "string"]
    assert "anyOf" not in node


def test_null_where_it_is_allowed(tmp_path: Path) -> None:
    fields = {"a": {"type": "string", "nullable": True, "enum": ["x"]}}
    widgets = Widgets(tmp_path, {"type": "object", "properties": fields, "required": ["a"]})
    assert widgets.rules({"a": None}) == []
    assert widgets.rules({"a": "y"}) == ["schema-enum"]


def test_exclusive_bounds() -> None:
    node = spec_of({"type": "number", "minimum": 0, "exclusiveMinimum": True})
    assert (node.get("minimum"), node["exclusiveMinimum"]) == (None, 0)


def test_parts_that_occur_twice_are_written_once() -> None:
    part = {"type": "object", "properties": {"name": {"type": "string"}, "x": {"type": "integer"}}}
    made = share({"type": "object", "properties": {"a": part, "b": part}})
    assert made["properties"]["a"] == made["properties"]["b"] == {"$ref": "#/$defs/a"}
    assert made["$defs"]["a"] == part


def test_the_same_definition_gives_the_same_bytes() -> None:
    fields = {name: {"type": "string"} for name in "zyx"}
    first = definition({"type": "object", "properties": fields})
    second = definition({"properties": dict(sorted(fields.items())), "type": "object"})
    (one,), (other,) = condense(first, {}), condense(second, {})
    assert to_text(one.schema) == to_text(other.schema)
    assert json.loads(to_text(one.schema)) == one.schema


def test_rules_are_recognised_by_fingerprint_whatever_the_blanks() -> None:
    rules = [{"rule": "has(self.a)  ||  has(self.b)"}, {"rule": "self.c"}]
    crd = definition({"type": "object", "x-kubernetes-validations": rules})
    ours = [{"any-of": ["a", "b"]}]
    known = {rule_key("has(self.a) || has(self.b)"): ours}
    (made,) = condense(crd, known)
    assert made.schema["properties"]["spec"][RULES] == ours
    assert made.unstated == ((".spec", "self.c"),)
    (kept,) = condense(crd, known, keep=True)
    assert kept.schema["properties"]["spec"][RULES] == [*ours, {"cel": "self.c"}]


@pytest.mark.parametrize("data", [{}, {"spec": {}}, None, {"spec": {"names": {"kind": "A"}}}])
def test_other_documents_are_no_definitions(data: Any) -> None:
    with pytest.raises(NotADefinitionError):
        list(condense(data, {}))
