"""How a plain YAML scalar is read: as kubectl reads it, or strictly for the spec.

kubectl resolves plain scalars by its own rules (YAML 1.1 booleans, Go integer syntax), which no
Python library follows. The spec refuses every spelling on which YAML readers disagree.
"""

from __future__ import annotations

import math
import re

from stackgen.regex import regex

Scalar = str | int | float | bool | None

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
_FALSE = {"false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"}
_STARTS_NUMBER = frozenset("+-.0123456789")
_DECIMAL = regex(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_PREFIXED = regex(r"([-+]?)0([bBoOxX])([0-9a-fA-F]+)\Z")
_NOT_FINITE = regex(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_DATE = regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?\Z")
_SEXAGESIMAL = regex(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_LOOSE_UNDERSCORE = regex(r"(?<![0-9])_|_(?![0-9])")
_BASES = {"b": 2, "o": 8, "x": 16}
_LOWEST, _HIGHEST = -(2**63), 2**64 - 1


class NotFiniteError(ValueError):
    """Infinity and NaN have no form in JSON; kubectl refuses the whole document."""


def as_kubectl(text: str) -> Scalar:
    """The value kubectl sends to the API server for the plain scalar `text`."""
    if text in _NULL:
        return None
    first = text[0]
    if first not in _STARTS_NUMBER:
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
        return text
    if _DECIMAL.match(text):
        return _decimal(text)
    if _NOT_FINITE.match(text):
        raise NotFiniteError(text)
    if first == "." and _LOOSE_UNDERSCORE.search(text):
        return text
    bare = text.replace("_", "")
    if not bare:
        return text
    number = _integer(bare)
    if number is not None:
        return number
    return _float(bare, text) if _FLOAT.match(bare) else text


def _decimal(text: str) -> Scalar:
    """An integer, or a float where Go's integers end."""
    value = int(text) if len(text) <= 21 else _HIGHEST + 1
    return value if _LOWEST <= value <= _HIGHEST else _float(text, text)


def _float(bare: str, text: str) -> Scalar:
    value = float(bare)
    if math.isinf(value):
        return text
    # Go prints an integral float without a fraction, so the server sees an integer.
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def _integer(bare: str) -> int | None:
    prefixed = _PREFIXED.match(bare)
    digits = bare.lstrip("+-")
    try:
        if prefixed:
            value = int(prefixed[3], _BASES[prefixed[2].lower()])
        elif not (digits.isdigit() and digits.isascii()) or len(bare) - len(digits) > 1:
            return None
        elif len(digits) > 1 and digits[0] == "0" and not set(digits) & {"8", "9"}:
            value = int(digits, 8)
        else:
            return None  # a decimal number with zeros before it: read as a float
    except ValueError:
        return None
    value = -value if bare[0] == "-" else value
    return value if _LOWEST <= value <= _HIGHEST else None


def ambiguity(text: str) -> str | None:
    """Why readers of YAML disagree about the plain scalar `text`; None when they do not."""
    if text in {"true", "false", "null", ""}:
        return None
    if text in _TRUE or text in _FALSE:
        return "a boolean to some YAML readers, text to others"
    if text in _NULL:
        return "null to some YAML readers, text to others"
    if text[0] not in _STARTS_NUMBER or _DECIMAL.match(text):
        return None
    if _NOT_FINITE.match(text):
        return "not a finite number"
    if _DATE.match(text):
        return "a date to some YAML readers, text to others"
    if _SEXAGESIMAL.match(text):
        return "a base-60 number to some YAML readers, text to others"
    if re.fullmatch(r"-?(?:0|[1-9][0-9]*)\.[0-9]+", text):
        return None
    if not isinstance(as_kubectl(text), str):
        return "a number to some YAML readers, another number or text to others"
    return None


def remedy(text: str) -> str:
    """What to write instead of the ambiguous scalar `text`."""
    quoted = f'"{text}"'
    if text in _TRUE or text in _FALSE:
        return f"write {'true' if text in _TRUE else 'false'}, or {quoted} for the text"
    if text in _NULL:
        return f"write null, or {quoted} for the text"
    if _NOT_FINITE.match(text):
        return f"write a number, or {quoted} for the text"
    if isinstance(value := as_kubectl(text), str):
        return f"write {quoted}"
    return f"write {value}, or {quoted} for the text"
