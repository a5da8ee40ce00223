"""Whether the spec has the shape its schema asks for: one pass, four rules.

The schema answers unknown keys, wrong types, missing keys and values out of bounds at once, so
the rules share this pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from stackgen import paths
from stackgen.checks.context import SpecContext
from stackgen.checks.spec import (
    spec_invalid_value,
    spec_missing_key,
    spec_unknown_key,
    spec_wrong_type,
)
from stackgen.findings.model import Finding, Fix
from stackgen.manifest.document import Path, show_path
from stackgen.spelling import did_you_mean, nearest

_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "number": "a number",
    "null": "nothing",
}


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    with open(paths.schemas("stack.schema.json"), encoding="utf-8") as stream:
        loaded: dict[str, Any] = json.load(stream)
    return loaded


def check(context: SpecContext) -> Iterator[Finding]:
    """Findings for everything that breaks `schemas/stack.schema.json`."""
    import jsonschema_rs

    schema = _schema()
    validator = jsonschema_rs.Draft202012Validator(schema, offline=True)
    if validator.is_valid(context.loaded.data):
        return
    for error in validator.iter_errors(context.loaded.data):
        path = tuple(error.instance_path)
        facts = error.kind.as_dict()
        kind = type(error.kind).__name__
        here = _schema_at(schema, error.schema_path[:-1])
        yield from _findings(context, kind, facts, path, here)


def _schema_at(schema: Any, path: list[Any]) -> dict[str, Any]:
    for step in path:
        schema = schema[step]
    return schema if isinstance(schema, dict) else {}


def _findings(
    context: SpecContext, kind: str, facts: dict[str, Any], path: Path, schema: dict[str, Any]
) -> Iterator[Finding]:
    value = _at(context.loaded.data, path)
    if kind == "AdditionalProperties":
        for name in facts["unexpected"]:
            yield _unknown(context, (*path, name), schema, value)
    elif kind == "Required":
        name = facts["property"]
        hint = schema["properties"][name].get("description", "")
        where = f"{show_path(path)} has" if path else "the file has"
        yield spec_missing_key.RULE.finding(
            f"{where} no {name!r}", context.place(*path, key=True, note=f"needs {name}"),
            remedy=f"add `{name}`: {hint}",
        )  # fmt: skip
    elif kind == "Type":
        wanted = " or ".join(_WORDS[t] for t in facts["types"])
        yield spec_wrong_type.RULE.finding(
            f"{show_path(path)} is {_said(value)}; {wanted} is needed",
            context.place(*path, note=wanted),
            fix=_retyped(context, path, value, facts["types"]),
        )
    else:
        yield spec_invalid_value.RULE.finding(
            f"{show_path(path)} is {_said(value)}; {_bounds(kind, facts, schema)}",
            context.place(*path),
            fix=_respelled(context, path, value, schema),
        )


def _unknown(context: SpecContext, path: Path, schema: dict[str, Any], parent: Any) -> Finding:
    name = str(path[-1])
    known = list(schema["properties"])
    close = nearest(name, known)
    message = f"{show_path(path[:-1])} has no key {name!r}"
    remedy = f"known keys here: {', '.join(known)}"
    fix = None
    if close:
        message += did_you_mean(name, known)
        if close not in parent:
            node = context.loaded.node(path)
            fix = Fix(file=node.source.name, path=path, rename=close)
    return spec_unknown_key.RULE.finding(
        message, context.place(*path, key=True), remedy=remedy, fix=fix
    )


def _retyped(context: SpecContext, path: Path, value: Any, types: list[str]) -> Fix | None:
    """Quoted numbers and booleans are certain: the text spells exactly one value."""
    if not isinstance(value, str):
        return None
    file = context.loaded.node(path).source.name
    if "integer" in types and value.isascii() and value.isdigit() and str(int(value)) == value:
        return Fix(file=file, path=path, value=int(value))
    if "boolean" in types and value in ("true", "false"):
        return Fix(file=file, path=path, value=value == "true")
    return None


def _respelled(context: SpecContext, path: Path, value: Any, schema: dict[str, Any]) -> Fix | None:
    """A value that is an allowed one but for upper and lower case."""
    if not isinstance(value, str):
        return None
    same = [o for o in schema.get("enum", ()) if isinstance(o, str) and o.lower() == value.lower()]
    if len(same) != 1:
        return None
    return Fix(file=context.loaded.node(path).source.name, path=path, value=same[0])


def _bounds(kind: str, facts: dict[str, Any], schema: dict[str, Any]) -> str:
    if kind in ("Enum", "Constant"):
        options = facts.get("options") or [facts.get("expected_value")]
        return "allowed: " + ", ".join(str(o) for o in options)
    if kind == "Pattern":
        return f"allowed: {schema.get('x-allowed', 'text matching ' + facts['pattern'])}"
    if kind in ("Minimum", "Maximum"):
        low, high = schema.get("minimum"), schema.get("maximum")
        return f"at least {low} is needed" if high is None else f"allowed: {low} to {high}"
    if kind == "MaxLength":
        return f"at most {facts['limit']} characters are allowed"
    if kind == "MinLength":
        return "it must not be empty"
    if kind == "MinItems":
        return "at least one item is needed"
    return "it is not allowed"


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + '..."'


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data
