"""The words in which rules between fields are stated, and what each of them means.

A condition is a map with one of these words. Paths are dotted and start at the value that the rule
sits on; `.` is that value. A path that is absent where a value is needed makes the rule fail, as
it does on the server; `all` and `any` skip a failure that cannot change their answer.

    has: a.b                      the field is there               lacks: a.b     it is not
    empty: a / filled: a          absent or empty / there and not empty
    is: {path: value}             equal                            in: {path: [values]}
    matches: {path: regex}        also contains, starts, ends: {path: text}
    compare: [x, "<=", y]         x, y: a path, a number, {size: path}, {duration: path or text},
                                  {timespan: path} for a text whose format is duration
    all: [...]  any: [...]  not: ...   if: ... then: ...
    each: path, that: ...         every item holds; some: at least one; one: exactly one
    each-key: path, that: ...     every key of a map holds
    at-most: n, of: path, that: ...    so many items hold
    exclusive: [a, b]             at most one is there; one-of: exactly one; any-of: at least one
    unique: path, by: [a, b]      no two items agree in all of these (where: only such items)
    alike: path, by: [a], in-having: b   items that agree in `by` all have b, or all lack it
    together: [a, b]              all are there, or none
    total: name, over: path, at-most: n    the lists `name` of all items have so many items
    ip: path   url: path   scheme: {path: [http]}   integer: path
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from stackgen.digits import to_int
from stackgen.schema import formats
from stackgen.schema.formats import go_duration, is_ip, loose_duration
from stackgen.schema.regex import matches

Holds = Callable[[Any], bool]
Condition = dict[str, Any]
MISSING: Any = object()
NOT_SET = " is not set"


class CannotEvaluateError(Exception):
    """The rule has no answer for this value; the server refuses the document then."""


class UnknownWordError(Exception):
    """The rule itself cannot be understood."""


class Unreadable:
    """A value that rules cannot read, though the structure allows it: 3.0 for a whole number."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


def steps(path: str) -> tuple[str, ...]:
    """The parts of a dotted path."""
    return () if path == "." else tuple(path.split("."))


def find(value: Any, parts: tuple[str, ...]) -> Any:
    """The value at a path, or MISSING. One that rules cannot read has no answer even to `has`."""
    for part in parts:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and to_int(part) < len(value):
            value = value[to_int(part)]
        else:
            return MISSING
    if isinstance(value, Unreadable):
        raise CannotEvaluateError(value.why)
    return value


def need(value: Any, parts: tuple[str, ...]) -> Any:
    """The value at a path; without one the rule has no answer."""
    found = find(value, parts)
    if found is MISSING:
        raise CannotEvaluateError(f"{'.'.join(parts)}{NOT_SET}")
    return found


def compile_condition(rule: Condition) -> Holds:
    """A function that says whether a value holds the condition."""
    for word, build in _WORDS.items():
        if word in rule:
            return build(rule, word)
    raise UnknownWordError(f"none of {sorted(rule)} is a word of the rule vocabulary")


# What holds of the value at a path, which may be absent.
_FOUND: dict[str, Callable[[Any], bool]] = {
    "has": lambda found: found is not MISSING,
    "lacks": lambda found: found is MISSING,
    "empty": lambda found: found in (MISSING, "", [], {}),
    "filled": lambda found: found not in (MISSING, "", [], {}),
}


def _found(rule: Condition, word: str) -> Holds:
    parts, holds = steps(rule[word]), _FOUND[word]
    return lambda value: holds(find(value, parts))


def _pair(rule: Condition, word: str) -> tuple[tuple[str, ...], Any]:
    ((path, wanted),) = rule[word].items()
    return steps(path), wanted


def same(left: Any, right: Any) -> bool:
    """Equal, and true is not 1."""
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)


def _is(rule: Condition, word: str) -> Holds:
    parts, wanted = _pair(rule, word)
    return lambda value: same(need(value, parts), wanted)


def _in(rule: Condition, word: str) -> Holds:
    parts, wanted = _pair(rule, word)
    return lambda value: any(same(need(value, parts), option) for option in wanted)


def _text(value: Any, parts: tuple[str, ...]) -> str:
    found = need(value, parts)
    if not isinstance(found, str):
        raise CannotEvaluateError(f"{'.'.join(parts) or 'the value'} is not a string")
    return found


# What holds of the text at a path, beside the text of the rule.
_TEXTS: dict[str, Callable[[str, Any], bool]] = {
    "matches": lambda text, wanted: matches(wanted, text),
    "contains": lambda text, wanted: wanted in text,
    "starts": str.startswith,
    "ends": str.endswith,
}


def _of_text(rule: Condition, word: str) -> Holds:
    (parts, wanted), holds = _pair(rule, word), _TEXTS[word]
    return lambda value: holds(_text(value, parts), wanted)


def _format(rule: Condition, word: str) -> Holds:
    parts = steps(rule[word])
    if word == "ip":
        return lambda value: is_ip(_text(value, parts))
    return lambda value: formats.parse(_text(value, parts)) is not None


def _operand(given: Any) -> Callable[[Any], Any]:
    if isinstance(given, dict) and "size" in given:
        parts = steps(given["size"])
        return lambda value: len(need(value, parts))
    if isinstance(given, dict) and "duration" in given:
        text = given["duration"]
        if text[:1].isdigit():
            fixed = _duration(text)
            return lambda _: fixed
        parts = steps(text)
        return lambda value: _duration(_text(value, parts))
    if isinstance(given, dict) and "timespan" in given:
        parts = steps(given["timespan"])
        return lambda value: _known(loose_duration(_text(value, parts)), _text(value, parts))
    if isinstance(given, str):
        parts = steps(given)
        return lambda value: need(value, parts)
    return lambda _: given


def _duration(text: str) -> int:
    return _known(go_duration(text), text)


def _known(found: int | None, text: str) -> int:
    if found is None:
        raise CannotEvaluateError(f'"{text}" is not a duration such as 30s or 1h30m')
    return found


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: bool(a < b), "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b), ">=": lambda a, b: bool(a >= b),
    "==": same, "!=": lambda a, b: not same(a, b),
}  # fmt: skip


def _compare(rule: Condition, word: str) -> Holds:
    left, sign, right = rule[word]
    first, second, holds = _operand(left), _operand(right), _COMPARE[sign]

    def check(value: Any) -> bool:
        try:
            return holds(first(value), second(value))
        except TypeError as error:
            raise CannotEvaluateError("the values cannot be compared") from error

    return check


def _joined(rule: Condition, word: str) -> Holds:
    parts = [compile_condition(part) for part in rule[word]]
    return lambda value: _decided([(part, value) for part in parts], word == "any")


def _decided(pairs: Iterable[tuple[Holds, Any]], decides: bool) -> bool:
    """`decides` is the answer of one pair that settles the whole."""
    failure: CannotEvaluateError | None = None
    for holds, value in pairs:
        try:
            if holds(value) is decides:
                return decides
        except CannotEvaluateError as error:
            failure = error
    if failure is not None:
        raise failure
    return not decides


def _not(rule: Condition, word: str) -> Holds:
    inner = compile_condition(rule[word])
    return lambda value: not inner(value)


def _if(rule: Condition, word: str) -> Holds:
    when, then = compile_condition(rule[word]), compile_condition(rule["then"])
    return lambda value: then(value) if when(value) else True


def items_at(value: Any, parts: tuple[str, ...]) -> list[Any]:
    """The items of a list (the keys of a map); the path must be there."""
    found = need(value, parts)
    if not isinstance(found, (list, dict)):
        raise CannotEvaluateError(f"{'.'.join(parts) or 'the value'} is not a list")
    return list(found)


def count(items: list[Any], holds: Holds) -> int:
    """How many items hold."""
    return sum(1 for item in items if holds(item))


def _items(rule: Condition, word: str) -> Holds:
    parts, that = steps(rule["of" if word == "at-most" else word]), compile_condition(rule["that"])
    if word == "one":
        return lambda value: count(items_at(value, parts), that) == 1
    if word == "at-most":
        return lambda value: count(items_at(value, parts), that) <= rule["at-most"]
    return lambda value: _decided([(that, x) for x in items_at(value, parts)], word == "some")


def present(value: Any, names: list[str]) -> list[str]:
    """Those of the fields that are there."""
    return [name for name in names if find(value, steps(name)) is not MISSING]


def _exclusive(rule: Condition, word: str) -> Holds:
    def check(value: Any) -> bool:
        there, unread = 0, None
        for name in rule[word]:
            try:
                there += find(value, steps(name)) is not MISSING
            except CannotEvaluateError as error:
                unread = error
        if unread is not None and there == 1:
            raise unread
        return there <= 1

    return check


def _set(rule: Condition, word: str) -> Holds:
    names = rule[word]
    counts = {"one-of": (1,), "together": (0, len(names))}.get(word, range(1, len(names) + 1))
    return lambda value: len(present(value, names)) in counts


def _agreement(item: Any, names: list[str]) -> tuple[Any, ...]:
    """What an item has in these fields; absent and empty text are the same."""
    values = (find(item, steps(name)) for name in names)
    return tuple("" if value is MISSING else value for value in values)


def repeated(items: list[Any], rule: Condition) -> list[int]:
    """The positions of items that agree with an earlier one."""
    where = compile_condition(rule["where"]) if "where" in rule else None
    seen: set[tuple[Any, ...]] = set()
    found: list[int] = []
    for i, item in enumerate(items):
        if where is not None and not where(item):
            continue
        key = _agreement(item, rule["by"])
        if key in seen:
            found.append(i)
        seen.add(key)
    return found


def uneven(items: list[Any], rule: Condition) -> list[int]:
    """The positions of items that differ from an earlier one in having the field."""
    having: dict[tuple[Any, ...], bool] = {}
    found: list[int] = []
    for i, item in enumerate(items):
        filled = find(item, steps(rule["in-having"])) not in (MISSING, "")
        if having.setdefault(_agreement(item, rule["by"]), filled) != filled:
            found.append(i)
    return found


def _agree(rule: Condition, word: str) -> Holds:
    parts, wrong = steps(rule[word]), repeated if word == "unique" else uneven
    return lambda value: not wrong(items_at(value, parts), rule)


def _total(rule: Condition, word: str) -> Holds:
    parts, name = steps(rule["over"]), steps(rule[word])

    def check(value: Any) -> bool:
        lists = (find(item, name) for item in items_at(value, parts))
        total = sum(len(found) for found in lists if found is not MISSING)
        return total <= int(rule["at-most"])

    return check


def _scheme(rule: Condition, word: str) -> Holds:
    parts, wanted = _pair(rule, word)

    def check(value: Any) -> bool:
        url = formats.parse(_text(value, parts))
        if url is None:
            raise CannotEvaluateError("the value is not a URL")
        return url.scheme in wanted

    return check


def _integer(rule: Condition, word: str) -> Holds:
    parts = steps(rule[word])

    def check(value: Any) -> bool:
        if not re.fullmatch(r"[-+]?[0-9]+", _text(value, parts), re.ASCII):
            raise CannotEvaluateError("the value is not an integer")
        low, high = rule.get("from", -(2**63)), rule.get("to", 2**63 - 1)
        return bool(low <= to_int(_text(value, parts)) <= high)

    return check


# `if` first: its rules hold other words too.
_WORDS: dict[str, Callable[[Condition, str], Holds]] = {
    "if": _if, "total": _total, "together": _set, "unique": _agree, "alike": _agree,
    "at-most": _items, "each": _items, "each-key": _items, "some": _items, "one": _items,
    **dict.fromkeys(_FOUND, _found), "is": _is, "in": _in, **dict.fromkeys(_TEXTS, _of_text),
    "compare": _compare, "all": _joined, "any": _joined, "not": _not, "exclusive": _exclusive,
    "one-of": _set, "any-of": _set, "ip": _format, "url": _format, "scheme": _scheme,
    "integer": _integer,
}  # fmt: skip
