"""What a CEL rule can cost at most on the values at hand, in the units of the API server.

The server counts while it evaluates and stops at its limit. The engine used here cannot be
stopped, so the cost is bounded before: every value is described by its greatest sizes, and the
rule is walked once with these. A loop multiplies what is inside by the length of its range. A rule
that is within the limit by this bound is within it when it runs; the reverse need not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, reduce
from typing import Any

from stackgen.manifest.shipped import shipped
from stackgen.record import record
from stackgen.schema.cel_tree import Expr

_CAP = 2**62  # beyond any limit; keeps the numbers small
# A call of a function in Python costs so many times what the server's own costs.
_IN_PYTHON = 10
_LONGEST_NUMBER = 1400  # characters a verb of `format` gives for a number at most


@record
class Size:
    """The greatest sizes of a value.

    length: characters, bytes or entries; 1 for other values. weight: everything inside, counted.
    item: of the items of a list or the values of a map; None for what has neither. key: the
    longest key of a map, -1 when it is none. fields: the values of a map by their keys, as far as
    they are known.
    """

    length: int = 1
    weight: int = 1
    item: Size | None = None
    key: int = -1
    fields: Mapping[str, Size] = {}


_ONE = Size()


@lru_cache(maxsize=1)
def limits() -> Mapping[str, Any]:
    """The content of cel_limits.yaml."""
    found: Mapping[str, Any] = shipped(__file__, "cel_limits.yaml")
    return found


def size_of(value: Any) -> Size:
    """The sizes of a value as rules see it."""
    if isinstance(value, (str, bytes)):
        return _text(len(value.encode("utf-8", "replace") if isinstance(value, str) else value))
    if isinstance(value, list):
        return _list_of([size_of(item) for item in value])
    if isinstance(value, dict):
        return _map_of({str(key): size_of(item) for key, item in value.items()})
    return _ONE


def bound(rule: Expr, variables: Mapping[str, Size]) -> tuple[int, Size]:
    """The units that `rule` costs at most with variables of these sizes, and its value's sizes."""
    return _walk(rule, variables)


def _text(length: int) -> Size:
    length = min(length, _CAP)
    return Size(length, length + 1)


def _list(length: int, item: Size, weight: int | None = None) -> Size:
    length = min(length, _CAP)
    weight = min(1 + length * item.weight if weight is None else weight, _CAP)
    return Size(length, weight, item)


def _list_of(items: list[Size]) -> Size:
    return _list(len(items), _joined(items), 1 + sum(item.weight for item in items))


def _map_of(fields: dict[str, Size]) -> Size:
    longest = max((len(key.encode("utf-8", "replace")) for key in fields), default=0)
    weight = 1 + sum(len(key) + item.weight for key, item in fields.items())
    return Size(len(fields), min(weight, _CAP), _joined(fields.values()), longest, fields)


def _joined(sizes: Iterable[Size]) -> Size:
    """The greatest sizes of values of the document; their fields stay apart."""
    return reduce(_join_fields, sizes, _ONE)


def _join_fields(left: Size, right: Size) -> Size:
    if left is right or right is _ONE:
        return left
    if left is _ONE:
        return right
    fields = dict(left.fields)
    for name, size in right.fields.items():
        fields[name] = _join_fields(fields[name], size) if name in fields else size
    return _greatest(left, right, _join_fields, fields)


def _join(left: Size, right: Size) -> Size:
    """The same for two values of a rule, in few steps: a field counts as the greatest of all."""
    return left if left is right else _greatest(left, right, _join, {})


def _greatest(
    left: Size, right: Size, join: Callable[[Size, Size], Size], fields: Mapping[str, Size]
) -> Size:
    item = left.item or right.item
    if left.item is not None and right.item is not None:
        item = join(left.item, right.item)
    length, weight = max(left.length, right.length), max(left.weight, right.weight)
    return Size(length, weight, item, max(left.key, right.key), fields)


# -- Expressions ---------------------------------------------------------------------------------

_Cost = tuple[int, Size]


def _walk(rule: Expr, known: Mapping[str, Size]) -> _Cost:
    """The cost of an expression, and the size of its value."""
    if rule.kind == "const":
        return 0, size_of(rule.value)
    if rule.kind == "ident":
        return _read(known.get(rule.name, _ONE))
    if rule.kind == "fold":
        return _fold(rule, known)
    walked = [_walk(part, known) for part in rule.parts]
    spent = min(sum(units for units, _ in walked), _CAP)
    sizes = [size for _, size in walked]
    if rule.kind == "select":
        units, size = _read(_field(sizes[0], rule.name))
        return spent + units, size
    costs = limits()["costs"]
    if rule.kind == "list":
        weight = 1 + sum(size.weight for size in sizes)
        size = _list(len(sizes), reduce(_join, sizes, _ONE), weight)
        return spent + costs["list"] + _copied(len(sizes) * _slot()), size
    if rule.kind == "map":
        return spent + costs["map"] + _copied(len(sizes) * _slot()), _literal(rule.parts, sizes)
    if rule.name == "_?_:_":
        condition, yes, no = walked
        return condition[0] + max(yes[0], no[0]), _join(yes[1], no[1])
    units, size = _call(rule, sizes)
    return min(spent + units, _CAP), size


def _read(size: Size) -> _Cost:
    """Reading a text copies it out of the document."""
    return 1 + (_copied(size.length) if size.item is None else 0), size


def _field(size: Size, name: str) -> Size:
    return size.fields.get(name) or size.item or _ONE


def _literal(parts: tuple[Expr, ...], sizes: list[Size]) -> Size:
    keys, values = sizes[::2], sizes[1::2]
    named = {
        part.value: value
        for part, value in zip(parts[::2], values, strict=True)
        if isinstance(part.value, str)
    }
    weight = 1 + sum(size.weight for size in sizes)
    longest = max((key.length for key in keys), default=0)
    return Size(len(keys), min(weight, _CAP), reduce(_join, values, _ONE), longest, named)


def _fold(rule: Expr, known: Mapping[str, Size]) -> _Cost:
    """A loop over a list or over the keys of a map, which gathers one value."""
    over, start, condition, step, result = rule.parts
    *bound_names, gathered = rule.variables
    spent, entries = _walk(over, known)
    started, first = _walk(start, known)
    inner = dict(known)
    if entries.key >= 0:
        inner[bound_names[0]] = _text(entries.key)
        for name in bound_names[1:]:
            inner[name] = entries.item or _ONE
    else:
        for name in bound_names:
            inner[name] = entries.item or _ONE
    inner[gathered] = first
    asked, _ = _walk(condition, inner)
    stepped, after = _walk(step, inner)
    times = entries.length if entries.item is not None or entries.key >= 0 else 0
    each = asked + stepped
    last = _join(first, after)
    if after.item is not None and after.length > first.length:
        # What is gathered is copied for each item that is added to it.
        grown = after.length - first.length
        last = _list(first.length + times * grown, after.item)
        each += _copied(_slot() * times * grown // 2)
    ended, size = _walk(result, {**inner, gathered: last})
    return min(spent + started + times * each + asked + ended, _CAP), size


def _copied(count: int) -> int:
    units: int = count // limits()["memory"]["bytes_per_unit"]
    return units


def _slot() -> int:
    size: int = limits()["memory"]["bytes_per_item"]
    return size


def _traversal(length: int, times: int = 1) -> int:
    per_unit: int = limits()["costs"]["characters_per_unit"]
    return -(-length * times // per_unit)


# -- Functions -----------------------------------------------------------------------------------

_SAME = ("dyn", "optional.of", "optional.ofNonZeroValue", "value", "optional.unwrap")
_TESTS = (
    "hasValue", "size", "!_", "type", "int", "uint", "double", "bool", "_&&_", "_||_",
    "@not_strictly_false", "optional.none", "-_",
)  # fmt: skip
_COMPARED = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")
_IN_LIST = ("@in", "_in_", "in")
_AS_LONG = ("lowerAscii", "upperAscii", "trim", "substring", "reverse", "charAt")
_FOUND = ("contains", "indexOf", "lastIndexOf")
_PAIRS = ("sets.contains", "sets.equivalent", "sets.intersects")


def _call(rule: Expr, sizes: list[Size]) -> _Cost:
    """The cost of a call without its arguments, and the size of what it gives."""
    name = rule.name
    first = sizes[0] if sizes else _ONE
    second = sizes[1] if len(sizes) > 1 else _ONE
    if name in ("_[_]", "_[?_]", "_?._"):
        key = rule.parts[1].value
        units, size = _read(_field(first, key) if isinstance(key, str) else first.item or _ONE)
        return units, size
    if name == "_+_":
        return _sum(first, second)
    if name in _SAME:
        return 1, first
    if name in ("orValue", "or"):
        return 1, _join(first, second)
    if name in _TESTS:
        return 1, _ONE
    if name in _COMPARED:
        return max(1, _traversal(min(first.weight, second.weight))), _ONE
    if name in _IN_LIST:
        return 1 + second.length * max(1, _traversal(first.weight)), _ONE
    if name in _FOUND:
        return max(1, _traversal(first.length) * max(1, _traversal(second.length))), _ONE
    if name in ("matches", "find", "findAll"):
        return _search(name, first, second)
    if name in ("split", "join", "replace", "format", "string", "strings.quote"):
        return _made(rule, sizes)
    if name in _AS_LONG:
        return 1 + _traversal(first.length) + _copied(first.length), _text(first.length)
    if name in ("startsWith", "endsWith"):
        return 1 + _traversal(second.length), _ONE
    if name in _PAIRS:
        inner = max(first.item.weight if first.item else 1, 1)
        return _IN_PYTHON * (1 + first.length * second.length * inner), _ONE
    weight = sum(size.weight for size in sizes)
    known = reduce(_join, sizes, _ONE)
    size = Size(weight, weight, _join(known, _text(weight)), max(known.key, 32))
    return _IN_PYTHON * (1 + weight), size


def _sum(left: Size, right: Size) -> _Cost:
    length = left.length + right.length
    if left.item is not None or right.item is not None:
        item = reduce(_join, (size.item for size in (left, right) if size.item), _ONE)
        return 1 + _copied(_slot() * length), _list(length, item, left.weight + right.weight)
    return 1 + _traversal(length) + _copied(length), _text(length)


def _search(name: str, text: Size, pattern: Size) -> _Cost:
    per_unit = limits()["costs"]["pattern_characters_per_unit"]
    once = max(1, _traversal(1 + text.length) * -(-pattern.length // per_unit))
    if name == "matches":
        return once, _ONE
    if name == "find":
        return _IN_PYTHON * once, _text(text.length)
    # Each search may look at all that is left.
    every = _IN_PYTHON * once + _traversal(text.length) ** 2
    return every, _list(text.length + 1, _text(text.length), 2 * text.length + 2)


def _made(rule: Expr, sizes: list[Size]) -> _Cost:
    """Functions that make a text of several, or several of one."""
    first, name = sizes[0], rule.name
    if name == "split":
        units = _traversal(first.length, 2) + _copied(_slot() * (first.length + 1) + first.length)
        size = _list(first.length + 1, _text(first.length), 2 * first.length + 2)
        return 1 + units, size
    if name == "join":
        between = sizes[1].length if len(sizes) > 1 else 0
        length = first.weight + first.length * between
    elif name == "replace":
        old = rule.parts[1].value
        at_least = len(old) if isinstance(old, str) else 0
        count = first.length // at_least if at_least else first.length + 1
        length = first.length + count * sizes[2].length
    elif name == "format":
        weight = sizes[1].weight if len(sizes) > 1 else 0
        length = first.length + 8 * weight + _LONGEST_NUMBER * (first.length // 2)
    else:
        length = 2 * first.length + 32
    return 1 + _traversal(min(length, _CAP), 2) + _copied(min(length, _CAP)), _text(length)
