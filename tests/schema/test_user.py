"""Schema files of the user's that the engine cannot use are refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackgen.errors import UsageError
from stackgen.schema import importer, node, user
from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog
from tests.schema.given import definition


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ([], "it is no JSON object"),
        ({"$defs": []}, "$defs is no mapping"),
        ({"x-kubernetes-group-version-kind": "a"}, "x-kubernetes-group-version-kind is no mapping"),
        ({"properties": []}, "at the top: properties must be an object"),
        ({"properties": {"a": True}}, "properties.a: an object is needed"),
        ({"items": {"required": [1]}}, "items: required must hold texts"),
        ({"allOf": [{"not": {"type": 1}}]}, "allOf[0].not: type must be a string or a list"),
        ({"x-stackgen-rules": [1]}, "at the top: x-stackgen-rules must hold mappings"),
        ({"items": {"$ref": "#"}}, "items: $ref '#' names nothing in $defs"),
        ({"items": {"$ref": "#/$defs/a"}}, "items: $ref '#/$defs/a' names nothing in $defs"),
        ({"$defs": {"a": {"$ref": "#/$defs/a"}}}, "$defs.a refers to itself"),
        (
            {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"items": {"$ref": "#/$defs/a"}}}},
            "$defs.a refers to itself",
        ),
        ({"then": {"$ref": "#"}}, "then: $ref '#' names nothing in $defs"),
        ({"patternProperties": {"a": 1}}, "patternProperties.a: an object is needed"),
        ({"$dynamicRef": "#a"}, "at the top: $dynamicRef is not supported"),
        ({"dependencies": {"a": ["b"]}}, "at the top: dependencies is not supported"),
        (
            {"items": {"$ref": "#/$defs/a", "default": {}}, "$defs": {"a": {}}},
            "items: default beside $ref would not count",
        ),
        *(
            (
                {"x-stackgen-rules": [rule]},
                f"at the top: a rule in x-stackgen-rules cannot be read: {', '.join(rule)}",
            )
            for rule in (
                {"cel": 3}, {"has": 3}, {"each": "a", "that": 3}, {"kept-items": 3},
                {"total": "a", "over": 3}, {"is": {}}, {"cel": "true", "message": {}},
            )
        ),
    ],
)  # fmt: skip
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
        SchemaCatalog((str(tmp_path),)).find("example.com", "v1", "Widget")


def _levels(count: int, times: int) -> dict[str, Any]:
    """Definitions that each refer to the next so many times, all with defaults."""
    parts: dict[str, Any] = {
        f"a{i}": {
            "default": {},
            "properties": {f"p{n}": {"$ref": f"#/$defs/a{i + 1}"} for n in range(times)},
        }
        for i in range(count)
    }
    return {"items": {"$ref": "#/$defs/a0"}, "$defs": {**parts, f"a{count}": {}}}


def test_references_that_multiply_are_refused() -> None:
    assert user.problem(_levels(8, 2)) == ""
    assert user.problem(_levels(60, 2)).endswith(" expands to over 200,000 schemas")
    assert user.problem(_levels(1, 250_000)) == "$defs.a0 expands to over 200,000 schemas"


def test_references_that_lead_deep_are_refused() -> None:
    assert user.problem(_levels(60, 1)) == ""
    assert user.problem(_levels(999, 1)).endswith(" has schemas nested deeper than 200 levels")


def test_rules_count_however_their_keyword_is_spelled(tmp_path: Path) -> None:
    (tmp_path / "example.com").mkdir()
    text = json.dumps({"x-stackgen-rules": [{"cel": "false"}]}).replace("-", "\\u002d")
    (tmp_path / "example.com" / "widget_v1.json").write_text(text)
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}
    found = validate(widget, catalog=SchemaCatalog((str(tmp_path),)))
    assert [problem.rule for problem in found] == ["schema-cross-field"]


def _widgets(folder: Path, schema: dict[str, Any]) -> SchemaCatalog:
    (folder / "example.com").mkdir()
    (folder / "example.com" / "widget_v1.json").write_text(json.dumps(schema))
    return SchemaCatalog((str(folder),))


def test_defaults_add_so_many_values_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8,190 values for each item: 6 items may be completed, 7 may not."""
    monkeypatch.setattr(node, "MAX_FILLED", 50_000)  # of 1,000,000, which takes seconds
    levels = _levels(13, 2)
    items = {"items": levels["items"]}
    schemas = _widgets(tmp_path, {"properties": {"spec": items}, "$defs": levels["$defs"]})
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}
    assert validate({**widget, "spec": [{}] * 6}, catalog=schemas) == []
    message = "the defaults of its schema add more than 50,000 values"
    for spec in ([{}] * 7, [{}] * 4000):
        found = validate({**widget, "spec": spec}, catalog=schemas)
        assert [(p.rule, p.message, p.certain) for p in found] == [
            ("schema-not-evaluated", message, True)
        ]


def test_a_large_default_counts_with_all_its_values(tmp_path: Path) -> None:
    large = {"type": "array", "default": [0] * 50_000}
    items = {"items": {"properties": {"a": large}}}
    schemas = _widgets(tmp_path, {"properties": {"spec": items}})
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}
    assert validate({**widget, "spec": [{}] * 19}, catalog=schemas) == []
    found = validate({**widget, "spec": [{}] * 20}, catalog=schemas)
    assert [p.rule for p in found] == ["schema-not-evaluated"]


def test_a_number_that_no_float_holds_is_no_fault(tmp_path: Path) -> None:
    number = {"type": "number", "x-stackgen-rules": [{"cel": "self > 0.0"}]}
    schemas = _widgets(tmp_path, {"properties": {"spec": number}})
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}
    assert validate({**widget, "spec": 2}, catalog=schemas) == []
    assert len(validate({**widget, "spec": 10**400}, catalog=schemas)) == 1
