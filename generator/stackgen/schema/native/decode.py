"""Decoding as the API server decodes built-in kinds: into typed values, strictly.

The result is a copy without nulls: absent in objects, the zero value in lists and maps. A problem
here (wrong type, unknown field) keeps the kind's own validation from running.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from stackgen.facts.quantity import QuantityError, parse
from stackgen.manifest.document import Path
from stackgen.regex import regex
from stackgen.schema import syntax
from stackgen.schema.native.report import Report, show
from stackgen.spelling import nearest

Decoder = Callable[[Any, Path, Report], Any]
Schema = dict[str, Any]

_INT32 = 1 << 31
_INT64 = 1 << 63
_MICRO = regex(r"[^.,]*\.\d{6}(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_NAMES = {
    dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number",
    float: "a number", type(None): "null",
}  # fmt: skip


def _wrong(value: Any, wanted: str, path: Path, report: Report) -> None:
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "the document")
    found = _NAMES.get(type(value), "a value of another type")
    scalar = not isinstance(value, (dict, list, type(None)))
    shown = f"{show(value)} ({found.partition(' ')[2]})" if scalar else found
    report.add("schema-wrong-type", path, f"{name} is {shown}; {wanted} is needed")


def _string(value: Any, path: Path, report: Report) -> Any:
    if type(value) is str:
        return value
    if value is None:
        return ""
    _wrong(value, "a string", path, report)
    return None


def _boolean(value: Any, path: Path, report: Report) -> Any:
    if type(value) is bool:
        return value
    if value is None:
        return False
    _wrong(value, "true or false", path, report)
    return None


def _integer(bits: int, limit: int) -> Decoder:
    def decode(value: Any, path: Path, report: Report) -> Any:
        if type(value) is int:
            if -limit <= value < limit:
                return value
            report.add("schema-wrong-type", path, f"{value} does not fit into {bits} bits")
            return None
        if value is None:
            return 0
        _wrong(value, "an integer", path, report)
        return None

    return decode


_int32 = _integer(32, _INT32)
_int64 = _integer(64, _INT64)


def _number(value: Any, path: Path, report: Report) -> Any:
    if type(value) is int or type(value) is float:
        return value
    if value is None:
        return 0
    _wrong(value, "a number", path, report)
    return None


def _int_or_string(value: Any, path: Path, report: Report) -> Any:
    if type(value) is str:
        return value
    if type(value) is int and -_INT32 <= value < _INT32:
        return value
    if value is None:
        return 0
    _wrong(value, "a 32-bit integer or a string", path, report)
    return None


def _quantity(value: Any, path: Path, report: Report) -> Any:
    if value is None:
        return "0"
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        _wrong(value, 'a quantity such as 500m, 2 or "16Gi"', path, report)
        return None
    text = value.strip(" ") if isinstance(value, str) else json.dumps(value)
    try:
        parse(text)
    except QuantityError as error:
        report.quantity(path, f"{show(value)} is not a quantity: {error}")
        return None
    return text


def _byte(value: Any, path: Path, report: Report) -> Any:
    if value is None:
        return b""
    if isinstance(value, list) and all(type(v) is int and 0 <= v < 256 for v in value):
        return bytes(value)
    if not isinstance(value, str):
        _wrong(value, "a base64 string", path, report)
        return None
    try:
        return base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        report.syntax(path, value, "is not base64 (standard alphabet, padded with =)")
        return None


def _time(micro: bool) -> Decoder:
    def decode(value: Any, path: Path, report: Report) -> Any:
        if value is None:
            return None
        if not isinstance(value, str):
            _wrong(value, "a time such as 2026-01-31T12:00:00Z", path, report)
            return None
        if not syntax.is_time(value) or (micro and not _MICRO.fullmatch(value)):
            wanted = "2026-01-31T12:00:00.000000Z" if micro else "2026-01-31T12:00:00Z"
            report.syntax(path, value, f"is not an RFC 3339 time such as {wanted}")
        return value

    return decode


def _any(value: Any, path: Path, report: Report) -> Any:
    return value


def _list(item: Decoder) -> Decoder:
    def decode(value: Any, path: Path, report: Report) -> Any:
        if type(value) is list:
            return [item(v, (*path, i), report) for i, v in enumerate(value)]
        if value is not None:
            _wrong(value, "a list", path, report)
        return []

    return decode


def _map(item: Decoder) -> Decoder:
    def decode(value: Any, path: Path, report: Report) -> Any:
        if type(value) is dict:
            return {k: item(v, (*path, k), report) for k, v in value.items()}
        if value is not None:
            _wrong(value, "an object", path, report)
        return {}

    return decode


def _struct(fields: dict[str, Decoder], strict: bool) -> Decoder:
    def decode(value: Any, path: Path, report: Report) -> Any:
        if type(value) is not dict:
            if value is not None:
                _wrong(value, "an object", path, report)
            return {}
        out = {}
        for key, item in value.items():
            field = fields.get(key)
            if field is None:
                if strict:
                    _unknown(key, fields, path, report)
            elif item is not None:
                out[key] = field(item, (*path, key), report)
        return out

    return decode


def _unknown(key: str, fields: dict[str, Decoder], path: Path, report: Report) -> None:
    close = nearest(key, fields)
    message = f"{show(key)} is not a field here"
    if close:
        message += f'; did you mean "{close}"?'
    elif fields:
        known = ", ".join(sorted(fields)[:8])
        message += f": known are {known}" + (", ..." if len(fields) > 8 else "")
    report.add("schema-unknown-field", (*path, key), message, key=True)


class _Compiler:
    """Turns the subschemas of one file into decoders; definitions on first use."""

    def __init__(self, defs: dict[str, Schema]) -> None:
        self.defs = defs
        self.done: dict[tuple[str, bool], Decoder] = {}

    def compile(self, schema: Schema, strict: bool = True) -> Decoder:
        if "$ref" in schema:
            return self._named(schema["$ref"].rpartition("/")[2], strict)
        if "anyOf" in schema:
            return self._any_of(schema["anyOf"])
        if schema.get("x-kubernetes-int-or-string"):
            return _int_or_string
        kind, form = schema.get("type"), schema.get("format")
        if form in _FORMATS:
            return _FORMATS[form]
        if kind == "array":
            return _list(self.compile(schema["items"], strict))
        if kind == "object":
            more = schema.get("additionalProperties")
            if isinstance(more, dict):
                return _map(self.compile(more, strict))
            fields = {k: self.compile(v, strict) for k, v in schema["properties"].items()}
            return _struct(fields, strict)
        return _TYPES.get(kind, _any) if isinstance(kind, str) else _any

    def _named(self, name: str, strict: bool) -> Decoder:
        """The decoder of a definition, compiled when it is first met (some contain themselves)."""
        key = (name, strict)

        def decode(value: Any, path: Path, report: Report) -> Any:
            found = self.done.get(key)
            if found is None:
                found = self.done[key] = self.compile(self.defs[name], strict)
            return found(value, path, report)

        return decode

    def _any_of(self, options: list[Schema]) -> Decoder:
        """A schema or something else; the server does not look for unknown fields inside."""
        by_type: dict[type, Decoder] = {dict: self.compile(options[0], strict=False)}
        other = options[1]
        by_type[bool if other["type"] == "boolean" else list] = self.compile(other, strict=False)

        def decode(value: Any, path: Path, report: Report) -> Any:
            found = by_type.get(type(value))
            if found is not None:
                return found(value, path, report)
            if bool in by_type:
                _wrong(value, "an object or a boolean", path, report)
            return None

        return decode


_TYPES: dict[str, Decoder] = {"string": _string, "boolean": _boolean, "number": _number}
_FORMATS: dict[str, Decoder] = {
    "int32": _int32,
    "int64": _int64,
    "quantity": _quantity,
    "byte": _byte,
    "date-time": _time(micro=False),
    "micro-time": _time(micro=True),
    "double": _number,
}


@lru_cache(maxsize=256)
def decoder(path: str, name: str = "") -> Decoder:
    """The decoder of the kind whose schema file is at `path`, or of its definition `name`.

    Raises OSError, ValueError.
    """
    with open(path, "rb") as file:
        schema = json.load(file)
    return _Compiler(schema.get("$defs", {})).compile({"$ref": name} if name else schema)
