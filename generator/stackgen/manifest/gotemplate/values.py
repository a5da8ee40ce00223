"""Values of templates as Go sees them: what they are, whether they count as true, their text."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

import yaml
from yaml.cyaml import CSafeDumper

from stackgen.manifest import yaml_out
from stackgen.manifest.gotemplate.syntax import TemplateError
from stackgen.regex import regex

MAX_TEXT = 4 << 20  # characters of one value
MAX_NODES = 200_000  # values within one
_ENDS_BLANK = regex(r"[ \t]$|\A\s", re.MULTILINE)
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_PLAIN_DIGITS = 6  # Go writes larger floats with an exponent


def kind(value: Any) -> str:
    """The kind of a value in Go."""
    if value is None:
        return "invalid"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "map"
    return "slice" if isinstance(value, list) else "func"


_TYPES = {
    "invalid": "<nil>", "map": "map[string]interface {}", "slice": "[]interface {}",
}  # fmt: skip


def type_name(value: Any) -> str:
    """The type of a value, as Go prints it."""
    found = kind(value)
    return _TYPES.get(found, found)


def number(value: float) -> str:
    """A float as Go prints it: the fewest digits that are the same number."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    from decimal import Decimal  # slow to import

    sign, digits, power = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(power, int)
    first = len(digits) - 1 + power  # the exponent of the first digit
    if -4 <= first < _PLAIN_DIGITS:
        return format(Decimal(repr(value)).normalize(), "f")
    text = "".join(map(str, digits))
    rest = f".{text[1:]}" if len(text) > 1 else ""
    return f"{'-' * sign}{text[0]}{rest}e{'-' if first < 0 else '+'}{abs(first):02d}"


def bounded(value: Any) -> Any:
    """The value, if it is not too large: the same list may be in it many times over.

    Raises TemplateError.
    """
    left, waiting = MAX_NODES, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            one = list(one.values())
        if isinstance(one, list):
            left -= len(one)
            if left < 0:
                raise TemplateError("makes a value that is too large")
            waiting.extend(each for each in one if isinstance(each, list | dict))
    return value


def shown(value: Any) -> str:
    """A value as `{{ value }}` prints it. Helm prints nothing where there is no value."""
    return "" if value is None else printed(value)


def printed(value: Any) -> str:
    """A value as Go prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get(PRINTED), str):
        return str(value[PRINTED])
    return within(_printed(bounded(value)))


def _printed(value: Any) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else "0"
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(map(_printed, value))}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_printed(value[key])}' for key in sorted(value))}]"
    raise TemplateError("can't print a function")


def quoted(text: str) -> str:
    """A text as Go quotes it."""
    plain = (_ESCAPES.get(c, c if c.isprintable() else f"\\u{ord(c):04x}") for c in text)
    return f'"{"".join(plain)}"'


PRINTED = ""  # the key of what an object of helm's own prints


def within(text: str) -> str:
    """The text, if it is not too large."""
    if len(text) > MAX_TEXT:
        raise TemplateError("makes a text that is too large")
    return text


def plain(value: Any) -> Any:
    """A value for YAML or JSON: keys in order, whole floats as integers, as in Go."""
    return _plain(bounded(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if callable(value):
        raise TemplateError("a function has no form in YAML")
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, and of one type."""
    return type(one) is type(other) and bool(bounded(one) == bounded(other))


def to_yaml(value: Any) -> str:
    """A value as YAML, without the last line break, in the style of helm.

    The style counts: what is made may be a template, or stand in a text.
    """
    try:
        text = yaml.dump(
            plain(value), Dumper=_dumper(), default_flow_style=False, sort_keys=False,
            allow_unicode=True, width=MAX_TEXT,
        )  # fmt: skip
    except (yaml.YAMLError, RecursionError, ValueError):
        raise TemplateError("a value has no form in YAML") from None
    return within(str(text).removesuffix("\n...\n").removesuffix("\n"))


@cache
def _dumper() -> type[Any]:
    """A writer that quotes what any reader may take for something else than text."""

    class Dumper(CSafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        block = "\n" in value and not _ENDS_BLANK.search(value)
        style = "|" if block else None if value and yaml_out.is_word(value) else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return Dumper


def floats(value: Any) -> Any:
    """Values from YAML as helm has them: every number is a float, and nulls are left out."""
    if isinstance(value, dict):
        return {str(key): floats(one) for key, one in value.items()}
    if isinstance(value, list):
        return [floats(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return value
