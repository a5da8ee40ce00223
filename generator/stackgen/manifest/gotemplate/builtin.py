"""The functions that Go's templates have. Source: https://pkg.go.dev/text/template#hdr-Functions"""

from __future__ import annotations

import json
import re
from typing import Any

from stackgen.manifest.gotemplate.evaluate import Function
from stackgen.manifest.gotemplate.syntax import TemplateError
from stackgen.manifest.gotemplate.values import (
    kind,
    printed,
    quoted,
    shown,
    type_name,
    within,
)
from stackgen.regex import regex

_VERB = regex(r"%(?P<flags>[-+# 0]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?(?P<verb>.)", re.DOTALL)
_MOST_WIDTH = 1000
_NUMBERS = ("int", "float64")


def _same(one: Any, other: Any) -> bool:
    kinds = (kind(one), kind(other))
    if None in (one, other):
        return one is other
    if kinds[0] != kinds[1] or kinds[0] in ("map", "slice", "func"):
        raise TemplateError("incompatible types for comparison")
    return bool(one == other)


def _equal(one: Any, *others: Any) -> bool:
    if not others:
        raise TemplateError("missing argument for comparison")
    return any(_same(one, other) for other in others)


def _less(one: Any, other: Any) -> bool:
    if kind(one) != kind(other) or kind(one) not in (*_NUMBERS, "string"):
        raise TemplateError("incompatible types for comparison")
    return bool(one < other)


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, list | dict):
        return len(value)
    raise TemplateError(f"len of type {kind(value)}")


def _index(value: Any, *steps: Any) -> Any:
    for step in steps:
        if value is None:
            raise TemplateError("index of untyped nil")
        if isinstance(value, dict):
            value = value.get(shown(step))
        elif isinstance(value, list | str) and isinstance(step, int | float):
            at = int(step)
            if not 0 <= at < len(value):
                raise TemplateError(f"index out of range: {at}")
            value = value[at] if isinstance(value, list) else ord(value[at])
        else:
            raise TemplateError(f"can't index item of type {kind(value)}")
    return value


def _print(*values: Any) -> str:
    text = ""
    for i, value in enumerate(values):
        if i and not isinstance(value, str) and not isinstance(values[i - 1], str):
            text += " "
        text += printed(value)
    return within(text)


def _printf(pattern: Any, *values: Any) -> str:
    given = list(values)

    def filled(match: re.Match[str]) -> str:
        verb = match["verb"]
        if verb == "%":
            return "%"
        if not given:
            return f"%!{verb}(MISSING)"
        return _padded(_formatted(verb, match["precision"], given.pop(0)), match)

    text = _VERB.sub(filled, shown(pattern))
    if given:
        extra = ", ".join(f"{_go_type(one)}={printed(one)}" for one in given)
        text += f"%!(EXTRA {extra})"
    return within(text)


def _formatted(verb: str, precision: str | None, value: Any) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if verb in "sv" and (verb == "v" or kind(value) in ("string", "map", "slice")):
        text = printed(value)
        return text[: int(precision)] if precision and verb == "s" else text
    if verb == "q" and isinstance(value, str):
        return quoted(value)
    if verb == "T":
        return _go_type(value)
    if verb == "t" and isinstance(value, bool):
        return shown(value)
    if verb in "dxXobc" and whole:
        return chr(value) if verb == "c" else format(value, verb)
    if verb in "xX" and isinstance(value, str):
        found = value.encode().hex()
        return found.upper() if verb == "X" else found
    if verb in "feEgG" and isinstance(value, float):
        digits = min(int(precision), _MOST_WIDTH) if precision else None
        if verb in "gG" and digits is None:
            return shown(value)
        return format(value, f".{6 if digits is None else digits}{verb}")
    return (
        f"%!{verb}({_go_type(value)}={printed(value)})" if value is not None else f"%!{verb}(<nil>)"
    )


def _go_type(value: Any) -> str:
    return "<nil>" if value is None else type_name(value)


def _padded(text: str, match: re.Match[str]) -> str:
    width = min(int(match["width"] or 0), _MOST_WIDTH)
    flags = match["flags"]
    if "+" in flags and match["verb"] in "dfeg" and not text.startswith("-"):
        text = f"+{text}"
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and match["verb"] in "dfegxX":
        sign = text[:1] if text[:1] in "+-" else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width)


def _slice(value: Any, *ends: Any) -> Any:
    if not isinstance(value, list):
        raise TemplateError(f"list should be type of slice or array but {kind(value)}")
    return (
        value[slice(*(int(one) for one in ends))] if len(ends) > 1 else value[int((*ends, 0)[0]) :]
    )


def _html(*values: Any) -> str:
    import html  # slow to import

    return within(html.escape(_print(*values)))


def _urlquery(*values: Any) -> str:
    from urllib.parse import quote_plus

    return within(quote_plus(_print(*values)))


BUILTIN: dict[str, Function] = {
    "eq": _equal,
    "ne": lambda one, other: not _same(one, other),
    "lt": _less,
    "le": lambda one, other: _less(one, other) or _same(one, other),
    "gt": lambda one, other: not _less(one, other) and not _same(one, other),
    "ge": lambda one, other: not _less(one, other),
    "not": lambda value: not value,
    "len": _length,
    "index": _index,
    "print": _print,
    "printf": _printf,
    "println": lambda *values: " ".join(printed(one) for one in values) + "\n",
    "html": _html,
    "js": lambda *values: json.dumps(_print(*values))[1:-1],
    "urlquery": _urlquery,
    "call": lambda function, *given: function(*given),
    "slice": _slice,
}
