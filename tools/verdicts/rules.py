"""Random CEL rules for a CustomResourceDefinition, and where they go."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import yaml
from tools.verdicts.seeds import HERE, Path

RULES = "x-kubernetes-validations"


def change(data: dict[str, Any], chance: random.Random) -> tuple[Path, Any]:
    """The path of a schema's rules and new rules for it."""
    spots = [
        spot
        for i, version in enumerate(data["spec"]["versions"])
        for spot in _schemas(
            version["schema"]["openAPIV3Schema"],
            ("spec", "versions", i, "schema", "openAPIV3Schema"),
        )
    ]
    path, schema = chance.choice(spots)
    return (*path, RULES), [{"rule": rule(schema, chance), "message": "told"}]


def _schemas(schema: dict[str, Any], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    yield path, schema
    for name, inner in (schema.get("properties") or {}).items():
        yield from _schemas(inner, (*path, "properties", name))
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from _schemas(schema[word], (*path, word))


def rule(schema: dict[str, Any], chance: random.Random) -> str:
    """A rule about values of `schema`: often right, sometimes of wrong types or fields."""
    kind = chance.random()
    if kind < 0.05:
        return expression("self", schema, chance, 0)
    first = condition("self", schema, chance, 0)
    if kind < 0.2:
        second = condition(chance.choice(("self", "oldSelf")), schema, chance, 0)
        return f"{first} {chance.choice(('&&', '||', '=='))} {second}"
    if kind < 0.3:
        return f"!({first})"
    if kind < 0.35:
        second = condition("self", schema, chance, 0)
        return f"{first} ? {second} : {chance.choice(('true', '1', 'false'))}"
    return first


def expression(of: str, schema: dict[str, Any], chance: random.Random, depth: int) -> str:
    """A path below `of`; now and then of a field that does not exist."""
    names = list(schema.get("properties", {}))
    if chance.random() < 0.06:
        return f"{of}.{chance.choice(('nothing', 'metadata', 'spec', 'kind', 'metadata.name'))}"
    if names and (depth < 3 and chance.random() < 0.9):
        name = chance.choice(names)
        return expression(f"{of}.{name}", schema["properties"][name], chance, depth + 1)
    if chance.random() < 0.2 and isinstance(schema.get("items"), dict):
        return expression(f"{of}[0]", schema["items"], chance, depth + 1)
    if chance.random() < 0.2 and isinstance(schema.get("additionalProperties"), dict):
        return expression(f"{of}['a']", schema["additionalProperties"], chance, depth + 1)
    return of


_LITERALS = (
    "1",
    "1.5",
    "'a'",
    "true",
    "null",
    "[]",
    "['a']",
    "[1]",
    "{}",
    "duration('1s')",
    "b'a'",
)
with open(os.path.join(HERE, "rules.yaml"), encoding="utf-8") as _file:
    _BY_TYPE: dict[str, list[str]] = yaml.safe_load(_file)


def condition(of: str, schema: dict[str, Any], chance: random.Random, depth: int) -> str:
    """Something that should be true or false."""
    place, kind = _typed(of, schema, chance, depth)
    if chance.random() < 0.08:
        kind = chance.choice(list(_BY_TYPE))
    forms = _BY_TYPE.get(kind) or ["{0} == {1}", "type({0}) == string", "{0} == 1", "int({0}) > 1"]
    if chance.random() < 0.1:
        return f"{place} {chance.choice(('==', '!=', '<', '+'))} {chance.choice(_LITERALS)}"
    if chance.random() < 0.1 and "." in place:
        return f"!has({place}) || " + chance.choice(forms).format(place, "'a'")
    return chance.choice(forms).format(place, chance.choice(_LITERALS))


def _typed(of: str, schema: dict[str, Any], chance: random.Random, depth: int) -> tuple[str, str]:
    text = expression(of, schema, chance, depth)
    steps = text.replace("[0]", ".@items").replace("['a']", ".@values").split(".")[1:]
    at: Any = schema
    for step in steps:
        if step == "@items":
            at = at.get("items") or {}
        elif step == "@values":
            at = at.get("additionalProperties") or {}
        else:
            at = at.get("properties", {}).get(step) or {}
    return text, str(at.get("type", ""))
