"""Schema files of the user's that the engine cannot use are refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackgen.errors import UsageError
from stackgen.schema import importer, user
from stackgen.schema.store import catalogue
from tests.schema.given import definition


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ([], "it is no JSON object"),
        ({"$defs": []}, "$defs is no mapping"),
        ({"x-kubernetes-group-version-kind": "a"}, "x-kubernetes-group-version-kind is no mapping"),
        ({"properties": []}, "at the top: properties must be a mapping"),
        ({"properties": {"a": True}}, "properties.a: a mapping is needed"),
        ({"items": {"required": [1]}}, "items: required must hold texts"),
        ({"allOf": [{"not": {"type": 1}}]}, "allOf[0].not: type must be a text or a list"),
        ({"x-stackgen-rules": [1]}, "at the top: x-stackgen-rules must hold mappings"),
        ({"items": {"$ref": "#"}}, "items: $ref '#' names nothing in $defs"),
        ({"items": {"$ref": "#/$defs/a"}}, "items: $ref '#/$defs/a' names nothing in $defs"),
        ({"$defs": {"a": {"$ref": "#/$defs/a"}}}, "$defs.a refers to itself"),
        (
            {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"items": {"$ref": "#/$defs/a"}}}},
            "$defs.a refers to itself",
        ),
    ],
)
def test_what_the_engine_cannot_walk_is_said(schema: Any, why: str) -> None:
    assert user.problem(schema) == why


def test_what_is_shared_and_leads_to_no_circle_is_taken() -> None:
    shared = {"$ref": "#/$defs/a"}
    parts = {"a": {"type": "string"}, "b": {"properties": {"x": shared, "y": shared}}}
    assert user.problem({"properties": {"p": {"$ref": "#/$defs/b"}}, "$defs": parts}) == ""


def test_what_was_imported_is_taken() -> None:
    (made,) = importer.convert([("here", definition({"type": "object"}))])
    assert user.problem(json.loads(made.text)) == ""


@pytest.mark.parametrize("text", ["", "{", "NaN", "[" * 5000, '{"a": "\\ud800", "$defs": 1}'])
def test_files_that_are_no_schema_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "example.com").mkdir()
    (tmp_path / "example.com" / "widget_v1.json").write_text(text)
    with pytest.raises(UsageError, match=r"widget_v1\.json is "):
        catalogue(user=(str(tmp_path),)).find("example.com", "v1", "Widget")
