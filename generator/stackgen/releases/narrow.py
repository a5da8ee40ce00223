"""What a schema accepts and a later one does not: two trees of fields, walked side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.schema.node import Node

Sort = Literal["removed", "required", "type", "values", "limit", "rule"]
# Bounds, with whether a larger number accepts less.
_BOUNDS = {
    "minimum": True, "exclusiveMinimum": True, "minLength": True, "minItems": True,
    "minProperties": True, "maximum": False, "exclusiveMaximum": False, "maxLength": False,
    "maxItems": False, "maxProperties": False,
}  # fmt: skip
# Words that accept what they describe; another description may accept something else.
_FORMS = ("pattern", "format", "multipleOf", "uniqueItems", "anyOf", "oneOf", "allOf", "not")
MANY = "*"


@record
class Narrowing:
    """One field that accepts less. path: with `*` for items. was, now: for messages."""

    sort: Sort
    path: Path
    was: str = ""
    now: str = ""


@dataclass(slots=True)
class _Walk:
    """Pairs of nodes that were compared: definitions that are used at several places count once."""

    seen: set[tuple[int, int]] = field(default_factory=set)


def narrowings(old: Node, new: Node) -> Iterator[Narrowing]:
    """Every way in which `new` accepts less than `old`, each once, by the first path."""
    return _node(old, new, (), _Walk())


def _node(old: Node, new: Node, path: Path, walk: _Walk) -> Iterator[Narrowing]:
    pair = (id(old), id(new))
    if pair in walk.seen:
        return
    walk.seen.add(pair)
    yield from _here(old, new, path)
    for name in old.names():
        inner, other = old.child(name), new.child(name)
        if other is None:
            if not new.preserve and not (new.type is None and not new.names()):
                yield Narrowing("removed", (*path, name))
        elif inner is not None:
            yield from _node(inner, other, (*path, name), walk)
    for inner, other in ((old.items, new.items), (old.extra, new.extra)):
        if inner is not None and other is not None:
            yield from _node(inner, other, (*path, MANY), walk)


def _here(old: Node, new: Node, path: Path) -> Iterator[Narrowing]:
    before, after = set(old.get("required") or ()), set(new.get("required") or ())
    for name in sorted(after - before - set(new.defaults)):
        yield Narrowing("required", (*path, name))
    kinds = _types(new) - {"null"}
    if kinds and not _types(old) <= _types(new):
        yield Narrowing("type", path, _type_names(old.type), _type_names(new.type))
    allowed, known = new.get("enum"), old.get("enum")
    if allowed is not None:
        lost = [value for value in known or () if value not in allowed]
        if known is None or lost:
            was = ", ".join(map(str, lost)) if lost else "any value"
            yield Narrowing("values", path, was, ", ".join(map(str, allowed)))
    for word, larger in _BOUNDS.items():
        was, now = old.get(word), new.get(word)
        if now is not None and (was is None or (now > was if larger else now < was)):
            yield Narrowing(
                "limit", path, f"{word} {was}" if was is not None else "", f"{word} {now}"
            )
    for word in _FORMS:
        was, now = old.get(word), new.get(word)
        if now is not None and json.dumps(was, sort_keys=True) != json.dumps(now, sort_keys=True):
            yield Narrowing("limit", path, "", word)
    known_rules = {_rule(rule) for rule in old.rules}
    for rule in new.rules:
        if _rule(rule) not in known_rules:
            yield Narrowing("rule", path, "", str(rule.get("message", "")))


def _types(node: Node) -> set[str]:
    """The types that a node accepts; an integer is a number too. Empty for any."""
    found = node.type
    types = {found} if isinstance(found, str) else set(found or ())
    return types | ({"integer"} if "number" in types else set())


def _type_names(types: Any) -> str:
    return types if isinstance(types, str) else " or ".join(types or ("any type",))


def _rule(rule: dict[str, Any]) -> str:
    return json.dumps(rule, sort_keys=True)
