"""Rules between fields of one document, and between a document and the one it replaces.

A rule is a condition of the vocabulary, or text in CEL (`cel`), with an optional `message` and
`at`, the field to point at. `unsure`: clusters are known to accept an object without the field that
the rule reads. Rules that look at the earlier document say so: `immutable`,
`immutable-when-set`, `never-smaller`, or CEL that names oldSelf.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema import phrases
from stackgen.schema.node import Node
from stackgen.schema.problem import Problem
from stackgen.schema.vocabulary import (
    NOT_SET,
    CannotEvaluateError,
    Condition,
    Holds,
    UnknownWordError,
    Unreadable,
    compile_condition,
    items_at,
    present,
    repeated,
    steps,
    uneven,
)
from stackgen.wording import and_list

_COMPILED: dict[int, tuple[Condition, Holds]] = {}
_Place = tuple[Any, Node, Path, Any]  # a value, its node, its path, and the value it replaces
TRANSITIONS = ("immutable", "kept-items", "never-smaller", "no-way-back")


def check(
    value: Any, node: Node, previous: Any, broken: frozenset[Path] = frozenset()
) -> list[Problem]:
    """The problems of prepared `value`; previous: the prepared document it replaces, or None.

    broken: paths of values whose rules are left out, as something in them is wrong already.
    """
    places: list[_Place] = []
    _walk(value, node, (), previous, places)
    if broken:
        places = [place for place in places if place[2] not in broken]
    found = [
        problem
        for seen, at, path, old in places
        for problem in _broken_rules(at.rules, seen, path, old)
    ]
    in_cel = [place for place in places if place[1].in_cel]
    if in_cel:
        from stackgen.schema.cel import Ruled, applies, check_rules

        ruled: list[Ruled] = []
        for seen, at, path, old in in_cel:
            rules = tuple(rule for rule in at.in_cel if applies(rule, old))
            if rules:
                ruled.append(Ruled(rules, seen, at, path, old))
        found.extend(check_rules(ruled))
    return found


def _walk(value: Any, node: Node, path: Path, old: Any, places: list[_Place]) -> Any:
    """Collect the places with rules below and at `value`; gives `value` as rules see it."""
    seen = value
    if isinstance(value, dict):
        seen = {}
        for name, item in value.items():
            inner = node.child(name)
            before = old.get(name) if isinstance(old, dict) else None
            # Most values are texts without a rule.
            if inner is None or (type(item) is str and not (inner.rules or inner.in_cel)):
                seen[name] = item
            else:
                seen[name] = _walk(item, inner, (*path, name), before, places)
    elif isinstance(value, list) and node.items is not None:
        pairs = _earlier(value, node, old)
        seen = [
            _walk(item, node.items, (*path, i), pairs[i], places) for i, item in enumerate(value)
        ]
    elif isinstance(value, float) and node.type == "integer":
        seen = Unreadable("an integer must be written without a point or exponent")
    elif isinstance(value, int) and node.type == "number" and not isinstance(value, bool):
        try:
            seen = float(value)
        except OverflowError:
            seen = Unreadable("the number is larger than a server can read")
    if node.rules or node.in_cel:
        places.append((seen, node, path, old))
    return seen


def _earlier(items: list[Any], node: Node, old: Any) -> list[Any]:
    """The earlier item of each item: only lists with keys have one."""
    if not isinstance(old, list) or node.list_type != "map":
        return [None] * len(items)

    def key(item: Any) -> Any:
        return tuple(str(item.get(k)) for k in node.keys) if isinstance(item, dict) else None

    table = {key(item): item for item in old}
    return [table.get(key(item)) for item in items]


def _broken_rules(rules: list[Condition], value: Any, path: Path, old: Any) -> Iterator[Problem]:
    """The problems of the rules at one value. An absent field that several need is one problem."""
    unread: dict[str, list[Condition]] = {}
    broken: list[tuple[Condition, Problem]] = []
    for rule in rules:
        try:
            broken += [(rule, problem) for problem in _apply(rule, value, path, old)]
        except CannotEvaluateError as error:
            unread.setdefault(str(error), []).append(rule)
    for why, those in unread.items():
        wanted = those[0].get("message") or phrases.demand(those[0])
        message = f"{why}, so it cannot be checked that {wanted}; the server refuses that"
        if len(those) > 1:
            message = (
                f"{why}; {len(those)} rules of the API server read it, so it rejects the object"
            )
        unsure = any(rule.get("unsure") for rule in those)
        if unsure:
            field = why.removesuffix(NOT_SET) + _fitting(those, value) + NOT_SET
            message = f"{field}; the published definition needs it, and some clusters do not"
        yield Problem("schema-cross-field", path, message, certain=not unsure)
    absent = {why.removesuffix(NOT_SET) for why in unread}
    yield from (problem for rule, problem in broken if not _tests_absence(rule, absent))


def _fitting(rules: list[Condition], value: Any) -> str:
    """The value of an absent field that suits the fields which are set."""
    for rule in rules:
        wanted = rule.get("if", {}).get("is", {})
        if rule.get("unsure") and len(wanted) == 1 and _compiled(rule["then"])(value):
            return "".join(f": {shown}" for shown in wanted.values())
    return ""


def _tests_absence(rule: Any, names: set[str]) -> bool:
    """Whether a rule asks if one of these fields is absent."""
    if isinstance(rule, dict):
        return rule.get("lacks") in names or any(_tests_absence(x, names) for x in rule.values())
    return isinstance(rule, list) and any(_tests_absence(x, names) for x in rule)


def _apply(rule: Condition, value: Any, path: Path, old: Any) -> Iterator[Problem]:
    for word in TRANSITIONS:
        if word in rule:
            if old is not None:
                yield from _transition(word, rule, value, path, old)
            return
    try:
        held = _compiled(rule)(value)
    except UnknownWordError as error:
        yield Problem(
            "schema-not-evaluated", path, f"a rule was not checked: {error}", certain=False
        )
        return
    if not held:
        yield from _broken(rule, value, path)


def _compiled(rule: Condition) -> Holds:
    entry = _COMPILED.get(id(rule))
    if entry is None:
        entry = _COMPILED[id(rule)] = (rule, compile_condition(rule))
    return entry[1]


def _broken(rule: Condition, value: Any, path: Path) -> Iterator[Problem]:
    text = rule.get("message")
    if "unique" in rule or "alike" in rule:
        parts = steps(rule["unique" if "unique" in rule else "alike"])
        items = items_at(value, parts)
        places = repeated(items, rule) if "unique" in rule else uneven(items, rule)
        for i in places:
            yield Problem("schema-cross-field", (*path, *parts, i), text or _same(rule))
        return
    if "each" in rule:
        yield from _broken_items(rule, value, path)
        return
    where, key = _place(rule, value)
    yield Problem("schema-cross-field", (*path, *where), text or phrases.message(rule, value), key)


def _same(rule: Condition) -> str:
    if "unique" in rule:
        return f"an earlier item has the same {and_list(rule['by'])}"
    names = and_list(rule["by"])
    return f"items with the same {names} must all set {rule['in-having']}, or none of them"


def _broken_items(rule: Condition, value: Any, path: Path) -> Iterator[Problem]:
    parts = steps(rule["each"])
    that = _compiled(rule["that"])
    found = items_at(value, parts)
    for i, item in enumerate(found):
        step: str | int = item if not isinstance(value, list) and isinstance(item, str) else i
        if not that(item):
            if rule.get("message"):
                yield Problem("schema-cross-field", (*path, *parts, step), rule["message"])
            else:
                yield from _broken(rule["that"], item, (*path, *parts, step))


def _place(rule: Condition, value: Any) -> tuple[Path, bool]:
    """Where to point below the value, and whether at the key."""
    if "at" in rule:
        return steps(rule["at"]), False
    if "exclusive" in rule or "one-of" in rule:
        names = present(value, rule["exclusive" if "exclusive" in rule else "one-of"])
        return (steps(names[-1]), True) if len(names) > 1 else ((), False)
    inner: Condition = rule["then"] if "if" in rule else rule
    inner = inner.get("not", inner)
    for word, key in (("has", False), ("filled", False), ("lacks", True), ("empty", False)):
        if word in inner:
            return steps(inner[word]), key
    for word in ("is", "in", "matches", "contains", "starts", "ends"):
        if word in inner:
            (name,) = inner[word]
            return steps(name), False
    return (), False


def _transition(word: str, rule: Condition, value: Any, path: Path, old: Any) -> Iterator[Problem]:
    name = path[-1] if path else "the value"
    text = rule.get("message")
    if word == "immutable" and value != old:
        message = text or f"{name} cannot change: it was {phrases.shown(old)}"
        yield Problem("schema-immutable", path, f"{message}, now it is {phrases.shown(value)}")
    elif word == "never-smaller" and value < old:
        message = text or f"{name} cannot become smaller: it was {phrases.shown(old)}"
        yield Problem("schema-immutable", path, message)
    elif word == "no-way-back" and old == rule[word] and value != old:
        message = text or f"{name} was {phrases.shown(old)} and cannot change"
        yield Problem("schema-immutable", path, message)
    elif word == "kept-items":
        names = rule[word]
        kept = {tuple(item.get(n) for n in names) for item in value}
        for item in old:
            if tuple(item.get(n) for n in names) not in kept:
                shown = ", ".join(f"{n} {phrases.shown(item.get(n))}" for n in names)
                message = text or f"the item with {shown} cannot be removed"
                yield Problem("schema-immutable", path, message)
