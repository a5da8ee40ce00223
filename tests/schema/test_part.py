"""The part of a schema decides about an object as the whole schema does."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.schema import store
from stackgen.schema.part import part
from stackgen.schema.structure import compiled, validator

NAMES = st.sampled_from("abc")
LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"type": "string"}, {"type": "integer", "minimum": 1}, {"enum": ["x", 2]}, True, False,
        {"$ref": "#/$defs/deep"}, {"$ref": "#/$defs/word"},
        {"$ref": "#/$defs/word", "maxLength": 1},
    ]
)  # fmt: skip


def _nodes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    maps = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=3)},
        optional={
            "additionalProperties": inner,
            "patternProperties": st.fixed_dictionaries({"^a": inner}),
            "required": st.lists(NAMES, max_size=1),
            "maxProperties": st.just(2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    )
    return maps | st.fixed_dictionaries({"items": inner}, optional={"maxItems": st.just(1)})


SCHEMAS = st.recursive(LEAVES, _nodes, max_leaves=8)
DATA = st.recursive(
    st.sampled_from(["x", "xy", 0, 2, None]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)
DEFINITIONS = {
    "word": {"type": "string"},
    "deep": {"properties": {"a": {"$ref": "#/$defs/deep"}, "b": {"$ref": "#/$defs/word"}}},
}


@settings(max_examples=100)
@given(SCHEMAS, DATA)
def test_the_part_accepts_what_the_whole_accepts(schema: Any, data: Any) -> None:
    whole = {"allOf": [schema]} if isinstance(schema, bool) else dict(schema)
    whole["$defs"] = DEFINITIONS
    assert compiled(part(whole, data)).is_valid(data) == compiled(whole).is_valid(data)


def test_the_part_has_no_field_that_the_object_does_not_have() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"$ref": "#/$defs/pod"}}, "b": {}},
        "$defs": {"pod": {"properties": {"c": {"type": "string"}, "d": {"type": "string"}}}},
    }
    found = part(schema, {"a": [{"c": "x"}, {"c": "y"}]})
    item = {"properties": {"c": {"type": "string"}}}
    assert found == {"type": "object", "properties": {"a": {"type": "array", "items": item}}}


def test_every_shipped_pattern_is_readable() -> None:
    paths = {known.path for versions in store.manifest().values() for known in versions.values()}
    assert {path: validator(path)[1] for path in paths} == dict.fromkeys(paths, ())
