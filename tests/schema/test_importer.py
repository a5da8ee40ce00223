"""Users' own definitions become schemas in their repository."""

from __future__ import annotations

import io
import sys
from pathlib import Path

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
    crd["spec"]["versions"].append({**crd["spec"]["versions"][0], "name": "v2", "served": False})
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


def test_files_are_written_the_same_each_time(tmp_path: Path) -> None:
    files = importer.convert([("here", definition(SPEC))])
    importer.write(files, str(tmp_path))
    target = tmp_path / "example.com" / "widget_v1.json"
    first = target.read_bytes()
    importer.write(files, str(tmp_path))
    assert target.read_bytes() == first


def test_what_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"^no/such/file\.yaml: not found$"):
        list(importer.read(["no/such/file.yaml"]))
    with pytest.raises(UsageError, match="here:3"):
        importer.convert([("here:3", {"kind": "CustomResourceDefinition", "spec": {}})])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: [")))
    with pytest.raises(UsageError, match="<stdin>:"):
        list(importer.read(["-"]))
