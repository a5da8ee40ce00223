"""A compiled CEL rule as a tree: what the engine's serialized form holds of it.

The form is a `google.protobuf.Any` with a `cel.expr.CheckedExpr` (cel-spec, proto/cel/expr). Only
the fields that a cost estimate needs are read, by their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stackgen.record import record

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SKIPPED = {_FIXED64: 8, _FIXED32: 4}


@record
class Expr:
    """One expression. kind: const, ident, select, call, list, map or fold.

    name: of a variable, a field or a function. value: of a constant. parts: the operand, the
    arguments with the target first, the items, the keys and values in turn; of a fold its range,
    start, condition, step and result. variables: those a fold binds, its result last.
    """

    kind: str
    name: str = ""
    value: Any = None
    parts: tuple[Expr, ...] = ()
    variables: tuple[str, ...] = ()


def decode(serialized: bytes) -> Expr:
    """The tree of a serialized expression. Raises ValueError for another form."""
    checked = _one(serialized, 2)
    return _expr(_one(checked, 4))


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message: number, and a whole number or the bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, form = tag >> 3, tag & 7
        if form == _VARINT:
            value, at = _varint(data, at)
            yield number, value
        elif form == _BYTES:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise ValueError("a field ends after its message")
            yield number, data[at : at + size]
            at += size
        elif form in _SKIPPED:
            at += _SKIPPED[form]
            yield number, 0
        else:
            raise ValueError(f"a field has the unknown wire type {form}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
    raise ValueError("a number has no end")


def _one(data: bytes, wanted: int) -> bytes:
    for number, value in _fields(data):
        if number == wanted and isinstance(value, bytes):
            return value
    raise ValueError(f"the field {wanted} is missing")


def _all(data: bytes) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for number, value in _fields(data):
        found.setdefault(number, []).append(value)
    return found


def _text(fields: dict[int, list[Any]], number: int) -> str:
    value = fields.get(number, [b""])[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _parts(fields: dict[int, list[Any]], *numbers: int) -> tuple[Expr, ...]:
    return tuple(_expr(part) for number in numbers for part in fields.get(number, ()))


def _expr(data: bytes) -> Expr:
    for number, body in _fields(data):
        if number in _FORMS:
            return _FORMS[number](_all(body))
    return Expr("const")


def _const(fields: dict[int, list[Any]]) -> Expr:
    for number, (value, *_) in fields.items():
        if number == 6:
            return Expr("const", value=value.decode("utf-8", "replace"))
        if number in (3, 4, 7):
            return Expr("const", value=value)
    return Expr("const")


def _map(fields: dict[int, list[Any]]) -> Expr:
    parts: list[Expr] = []
    for entry in fields.get(2, ()):
        inner = _all(entry)
        key = _parts(inner, 3) or (Expr("const", value=_text(inner, 2)),)
        parts += (*key, *_parts(inner, 4))
    return Expr("map", parts=tuple(parts))


_FORMS: dict[int, Callable[[dict[int, list[Any]]], Expr]] = {
    3: _const,
    4: lambda f: Expr("ident", _text(f, 1)),
    5: lambda f: Expr("select", _text(f, 2), parts=_parts(f, 1)),
    6: lambda f: Expr("call", _text(f, 2), parts=_parts(f, 1, 3)),
    7: lambda f: Expr("list", parts=_parts(f, 1)),
    8: _map,
    9: lambda f: Expr(
        "fold",
        parts=_parts(f, 2, 4, 5, 6, 7),
        variables=(*(n for n in (_text(f, 1), _text(f, 8)) if n), _text(f, 3)),
    ),
}
