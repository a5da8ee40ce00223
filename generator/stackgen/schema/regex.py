"""Regular expressions of the server (Go's RE2) in the dialect of JSON Schema, linear in time."""

from __future__ import annotations

import json
import re
import threading
from functools import lru_cache
from typing import Any

from stackgen.regex import regex

UNREADABLE = "a pattern cannot be read here"  # how the message of `find` begins
_FIND = """package find
import rego.v1
found := regex.find_n(input.pattern, input.text, input.limit)
groups := regex.find_all_string_submatch_n(input.pattern, input.text, 1)
"""
_SPACE = "\\t\\n\\f\\r "
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": "\\x00-\\x7f", "blank": "\\t ",
    "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": "!-\\/:-@\\[-`{-~", "space": "\\t\\n\\v\\f\\r ", "upper": "A-Z", "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_QUANTIFIER = regex(r"\{[0-9]+(?:,[0-9]*)?\}", re.ASCII)
_NAMED = regex(r"\[:(\^?)([a-z]+):\]")


@lru_cache(maxsize=256)
def ecma(pattern: str) -> str:
    """`pattern` with what only Go knows spelled out: quotes, named classes, braces as text."""
    out: list[str] = []
    inside = False
    i = 0
    while i < len(pattern):
        char = pattern[i]
        if char == "\\" and i + 1 < len(pattern):
            text, i = _escape(pattern, i, inside)
            out.append(text)
            continue
        named = _NAMED.match(pattern, i) if inside else None
        if named and not named[1] and named[2] in _POSIX:
            out.append(_POSIX[named[2]])
            i = named.end()
            continue
        if not inside and char == "{" and not _QUANTIFIER.match(pattern, i):
            out.append("\\{")
        elif char == "[" and not inside:
            inside = True
            start = re.compile(r"\[\^?\]?").match(pattern, i)
            assert start is not None
            out.append(start[0].replace("]", "\\]"))
            i = start.end()
            continue
        else:
            inside = inside and char != "]"
            out.append(char)
        i += 1
    return "".join(out)


def _escape(pattern: str, i: int, inside: bool) -> tuple[str, int]:
    """The escape at `i` in our dialect, and where it ends."""
    char = pattern[i + 1]
    if char == "Q":
        end = pattern.find("\\E", i)
        end = len(pattern) if end < 0 else end
        return re.escape(pattern[i + 2 : end]), min(end + 2, len(pattern))
    if char == "s":
        return (_SPACE if inside else f"[{_SPACE}]"), i + 2
    if char == "S" and not inside:
        return f"[^{_SPACE}]", i + 2
    if char == "a":
        return "\\x07", i + 2
    if char in "<>":
        return char, i + 2
    return pattern[i : i + 2], i + 2


def readable(pattern: str) -> bool:
    """Whether the engine takes the pattern."""
    try:
        _validator(pattern)
    except ValueError:
        return False
    return True


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern`, in Go's dialect, occurs anywhere in `text`.

    Raises ValueError for a pattern that the engine cannot read.
    """
    return bool(_validator(ecma(pattern)).is_valid(text))


def find(pattern: str, text: str, limit: int) -> list[str]:
    """The first `limit` places where `pattern`, in Go's dialect, occurs in `text`; -1 for all.

    Raises ValueError for a pattern that the engine cannot read, or that is too large for it.
    """
    return [str(part) for part in _asked("found", pattern, text, limit)]


def groups(pattern: str, text: str) -> list[str] | None:
    """The first place where `pattern` occurs and its groups, empty without a match; None for none.

    Raises ValueError for a pattern that the engine cannot read.
    """
    found = _asked("groups", pattern, text, 1)
    return [str(part) for part in found[0]] if found else None


def whole(pattern: str, text: str) -> bool:
    """Whether `pattern` matches all of `text`. Raises ValueError for one that cannot be read."""
    return matches(f"^(?:{pattern})$", text)


def _asked(rule: str, pattern: str, text: str, limit: int) -> list[Any]:
    engine = _finder(threading.get_ident())
    given = {"pattern": ecma(pattern), "text": text, "limit": limit}
    engine.set_input_json(json.dumps(given))
    try:
        return list(json.loads(engine.eval_rule_as_json(f"data.find.{rule}")))
    except RuntimeError:
        raise ValueError(f"{UNREADABLE}: {pattern}") from None


@lru_cache(maxsize=4)
def _finder(thread: int) -> Any:
    """An engine that looks for patterns, one a thread: engines cannot move between threads."""
    import regorus

    engine = regorus.Engine()
    engine.add_policy("find.rego", _FIND)
    return engine


@lru_cache(maxsize=256)
def _validator(pattern: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(
        {"pattern": pattern}, offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )
