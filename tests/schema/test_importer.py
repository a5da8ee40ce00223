"""Users' own definitions become schemas in their repository."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackgen.errors import UsageError
from stackgen.schema import importer
from tests.schema.given import definition

SPEC = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "x-kubernetes-validations": [{"rule": "size(self.a) > 1 && self.a != 'no'"}],
}


def test_every_served_version_of_every_definition(tmp_path: Path) -> None:
    crd = definition(SPEC)
    crd["spec"]["versions"].append(
        {**crd["spec"]["versions"][0], "name": "v2", "served": False, "storage": False}
    )
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "all.yaml").write_text(yaml.safe_dump_all([crd, other]), encoding="utf-8")
    (item,) = importer.convert(importer.read([str(tmp_path)]))
    assert item.path == "example.com/widget_v1.json"
    assert item.cel == 1


def test_standard_input_and_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [definition(SPEC)]})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode("utf-8"))))
    assert len(importer.convert(importer.read(["-"]))) == 1


def test_what_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"^no/such/file\.yaml: not found$"):
        list(importer.read(["no/such/file.yaml"]))
    with pytest.raises(UsageError, match="here:3"):
        importer.convert([("here:3", {"kind": "CustomResourceDefinition", "spec": {}})])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: [")))
    with pytest.raises(UsageError, match="<stdin>:"):
        list(importer.read(["-"]))


def _broken(change: Callable[[Any], object]) -> str:
    """What is said of a definition after `change`."""
    crd = definition(SPEC)
    change(crd)
    with pytest.raises(UsageError) as error:
        importer.convert([("here:1", crd)])
    assert str(error.value).startswith("here:1: ")
    return str(error.value)


@pytest.mark.parametrize("name", ["../../up", "a/b.c", "", "A.b", "x" * 254 + ".y", "a.b\n", 5])
def test_a_group_that_is_no_dns_name_never_becomes_a_path(name: Any) -> None:
    assert "spec.group: " in _broken(lambda crd: crd["spec"].update(group=name))


@pytest.mark.parametrize("name", ["../x", "a b", "", "-", "x" * 64, "\u00c4", [], {"a": 1}])
def test_kinds_and_versions_are_labels(name: Any) -> None:
    def rename(crd: Any) -> None:
        crd["spec"]["names"]["kind"] = name

    assert "spec.names.kind: " in _broken(rename)
    assert "spec.versions[0].name" in _broken(
        lambda crd: crd["spec"]["versions"][0].update(name=name)
    )


@pytest.mark.parametrize(
    "schema",
    [
        None, 5, "text", [],
        {"type": "integer", "minimum": "1"},
        {"type": "object", "properties": [1]},
        {"type": "object", "required": 1},
        {"type": "array", "items": []},
        {"type": "object", "x-kubernetes-validations": [{"message": "x"}]},
        {"type": "object", "x-kubernetes-validations": [1]},
        {"type": "string", "enum": 1},
        {"type": "string", "pattern": "("},
        {"type": "object", "allOf": {"a": 1}},
        {"type": "object", "not": 1},
    ],
)  # fmt: skip
def test_malformed_schemas_are_refused_with_their_place(schema: Any) -> None:
    def replace(crd: Any) -> None:
        root = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        root["properties"]["spec"] = schema

    assert "here:1: spec.versions[0].schema.openAPIV3Schema" in _broken(replace)


@pytest.mark.parametrize("items", [[1], 1, "a", [None], {"a": 1}])
def test_lists_of_something_else_are_refused(items: Any) -> None:
    with pytest.raises(UsageError, match=r"^here:1: items"):
        importer.convert([("here:1", {"kind": "List", "items": items})])


def test_the_definitions_of_an_old_api_are_refused() -> None:
    assert "of apiextensions.k8s.io/v1 is needed" in _broken(
        lambda crd: crd.update(apiVersion="apiextensions.k8s.io/v1beta1")
    )


def test_only_what_stackgen_made_is_known_as_such(tmp_path: Path) -> None:
    (item,) = importer.convert([("a", definition(SPEC))])
    file = tmp_path / "widget_v1.json"
    for text, ours in ((item.text, True), ('{"name": "package"}', False), ("{", False)):
        file.write_text(text)
        assert importer.is_ours(str(file)) == ours
    assert not importer.is_ours(str(tmp_path / "none"))


def test_keys_without_a_value_are_as_if_they_were_not_there() -> None:
    def made(**more: Any) -> str:
        size = {"type": "integer", "nullable": True, "default": None, **more}
        crd = definition({"type": "object", "properties": {"size": size}})
        return importer.convert([("here", crd)])[0].text

    assert made(minimum=None, enum=None, pattern=None) == made()


@pytest.mark.parametrize("word", ["allOf", "anyOf", "oneOf"])
def test_null_in_a_list_of_schemas_is_a_schema_without_a_word(word: str) -> None:
    def made(schema: Any) -> str:
        size = {"x-kubernetes-int-or-string": True, word: [schema, {"maximum": 5}]}
        crd = definition({"type": "object", "properties": {"size": size}})
        return importer.convert([("here", crd)])[0].text

    assert made(None) == made({})
