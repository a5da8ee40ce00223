"""How a plain YAML scalar is read: as kubectl reads it, or strictly for the spec.

kubectl resolves plain scalars by its own rules (YAML 1.1 booleans, Go integer syntax), which no
Python library follows. The spec refuses every spelling on which YAML readers disagree.
"""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
_FALSE = {"false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"}
_STARTS_NUMBER = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_PREFIXED = re.compile(r"([-+]?)0([bBoOxX])([0-9a-fA-F]+)\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?\Z")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_BASES = {"b": 2, "o": 8, "x": 16}


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
        return int(text)
    if _NOT_FINITE.match(text):
        raise NotFiniteError(text)
    bare = text.replace("_", "")
    if not bare:
        return text
    number = _integer(bare)
    if number is not None:
        return number
    if _FLOAT.match(bare):
        value = float(bare)
        if math.isinf(value):
            return text
        # Go prints an integral float without a fraction, so the server sees an integer.
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    return text


def _integer(bare: str) -> int | None:
    prefixed = _PREFIXED.match(bare)
    if prefixed:
        sign, base, digits = prefixed.groups()
        try:
            value = int(digits, _BASES[base.lower()])
        except ValueError:
            return None
        return -value if sign == "-" else value
    digits = bare.lstrip("+-")
    if digits.isdigit() and digits.isascii() and len(bare) - len(digits) <= 1:
        if len(digits) > 1 and digits[0] == "0" and not set(digits) & {"8", "9"}:
            value = int(digits, 8)
        else:
            value = int(digits)
        return -value if bare[0] == "-" else value
    return None


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
