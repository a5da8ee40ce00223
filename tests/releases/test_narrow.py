"""What a schema accepts and a later one does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.releases.narrow import narrowings
from stackgen.schema.node import Node, Tree


def node(schema: dict[str, Any]) -> Node:
    return Tree(schema, json.dumps(schema).encode()).root


def found(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(one.sort, one.path) for one in narrowings(node(old), node(new))]


def obj(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "additionalProperties": False}


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (obj(a=TEXT, b=TEXT), obj(a=TEXT), [("removed", ("b",))]),
        (obj(a=TEXT), {**obj(a=TEXT), "required": ["a"]}, [("required", ("a",))]),
        (obj(a=TEXT), obj(a={"type": "integer"}), [("type", ("a",))]),
        (obj(a={"type": "number"}), obj(a={"type": "integer"}), [("type", ("a",))]),
        (obj(a={"enum": ["x", "y"]}), obj(a={"enum": ["x"]}), [("values", ("a",))]),
        (obj(a=TEXT), obj(a={**TEXT, "enum": ["x"]}), [("values", ("a",))]),
        (obj(a={**TEXT, "maxLength": 9}), obj(a={**TEXT, "maxLength": 8}), [("limit", ("a",))]),
        (obj(a={**TEXT, "minLength": 1}), obj(a={**TEXT, "minLength": 2}), [("limit", ("a",))]),
        (obj(a=TEXT), obj(a={**TEXT, "pattern": "x"}), [("limit", ("a",))]),
        (
            obj(a={"type": "array", "items": obj(b=TEXT)}),
            obj(a={"type": "array", "items": obj()}),
            [("removed", ("a", "*", "b"))],
        ),
        (
            obj(a={"type": "object", "additionalProperties": TEXT}),
            obj(a={"type": "object", "additionalProperties": {"type": "integer"}}),
            [("type", ("a", "*"))],
        ),
        (obj(a=TEXT), {**obj(a=TEXT), "x-stackgen-rules": [{"has": "a"}]}, [("rule", ())]),
    ],
)  # fmt: skip
def test_each_sort_is_found_at_its_path(
    old: dict[str, Any], new: dict[str, Any], expected: list[object]
) -> None:
    assert found(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (obj(a=TEXT), obj(a=TEXT, b=TEXT)),
        ({**obj(a=TEXT), "required": ["a"]}, obj(a=TEXT)),
        (obj(a={"type": "integer"}), obj(a={"type": "number"})),
        (obj(a={"enum": ["x"]}), obj(a={"enum": ["x", "y"]})),
        (obj(a={**TEXT, "maxLength": 8}), obj(a={**TEXT, "maxLength": 9})),
        (obj(a=TEXT), {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
        (obj(a=TEXT), {"type": "object", "additionalProperties": TEXT}),
        (obj(), {**obj(a={**TEXT, "default": "x"}), "required": ["a"]}),
    ],
)
def test_what_accepts_more_is_no_narrowing(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert found(old, new) == []


@given(
    st.recursive(
        st.just(TEXT),
        lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(
            lambda fields: obj(**fields)
        ),
        max_leaves=8,
    )
)
def test_a_schema_is_no_narrower_than_itself(schema: dict[str, Any]) -> None:
    assert found(schema, json.loads(json.dumps(schema))) == []


def test_a_definition_that_is_used_twice_is_told_once() -> None:
    def schema(inner: dict[str, Any]) -> dict[str, Any]:
        ref = {"$ref": "#/$defs/pod"}
        return {**obj(one=ref, two=ref), "$defs": {"pod": inner}}

    assert found(schema(obj(a=TEXT)), schema(obj())) == [("removed", ("one", "a"))]
