"""JSON is read as YAML for its positions, and as JSON for its values.

YAML folds spellings that JSON keeps apart (3.0 is no integer to the API server), and does not
know JSON's surrogate pairs.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.document import LINE_BREAK, Document, Mark
from stackgen.regex import regex

_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
# A string that does not end reaches to the end: no part of the text is looked at twice.
_TOKEN = regex(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
MAX_DEPTH = 200  # levels of mappings and lists in each other, as YAML may have
_SPACE = regex(r"[ \t\r\n]*")
_ESCAPE = regex(rf"(?P<pair>{_PAIR})|(?P<half>{_HALF})|\\.", re.DOTALL)


def looks_like_json(text: str) -> bool:
    """Whether kubectl, too, would try JSON first."""
    return text.lstrip()[:1] == "{"


def for_yaml(text: str) -> str:
    """`text` with the same positions, and without what YAML cannot read of JSON."""
    if not looks_like_json(text):
        return text
    return _ESCAPE.sub(lambda m: "?" * 12 if m["pair"] else _whole(m), text)


def _whole(match: re.Match[str]) -> str:
    return "\\ufffd" if match["half"] else match[0]


def pieces(text: str) -> list[tuple[str, int, int]]:
    """`text` cut into the JSON objects that stand in it one after another, as kubectl reads them.

    Each with the lines and columns before it. A text that is something else is one piece.
    """
    whole = [(text, 0, 0)]
    if not looks_like_json(text):
        return whole
    read = json.JSONDecoder().raw_decode
    found: list[tuple[str, int, int]] = []
    start, line, column = 0, 0, 0
    try:
        while (begin := _skip(text, start)) < len(text):
            _, end = read(text, begin)
            piece = text[start:end]
            found.append((piece, line, column))
            lines = LINE_BREAK.split(piece)
            column = len(lines[-1]) + (column if len(lines) == 1 else 0)
            line, start = line + len(lines) - 1, end
    except (ValueError, RecursionError):
        rest = text[start:]
        if not found or not looks_like_json(rest):
            return whole
        # The one that is broken is told by itself.
        found.append((rest, line, column))
    return found if len(found) > 1 else whole


def _skip(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


def respelled(documents: list[Document]) -> list[Document]:
    """JSON documents with the values JSON gives them; otherwise the documents as they are."""
    if not documents:
        return documents
    found = []
    for document, (text, _, _) in zip(documents, pieces(documents[0].source.text), strict=False):
        # As the API server's decoder: half of a surrogate pair becomes the replacement character.
        try:
            data = json.loads(_ESCAPE.sub(_whole, text), parse_constant=_refuse)
        except (ValueError, RecursionError):
            return documents
        # YAML's own limits do not hold for JSON, but for the nesting.
        problems = tuple(p for p in document.problems if p.rule != "yaml-syntax")
        if any(p.fatal for p in problems):
            return documents
        line = max(document.line, 1)
        found.append(replace(document, data=data, problems=problems, line=line))
    return found


class NotJsonError(UsageError):
    """A text that is not JSON, or not within the bounds.

    problem: the message without the place. mark: the place, when that is known.
    """

    def __init__(self, name: str, reason: str, mark: Mark | None = None) -> None:
        self.problem = f"{name} is not JSON: {reason}"
        where = f" at line {mark.line}, column {mark.column}" if mark else ""
        super().__init__(self.problem + where)
        self.mark = mark


def load(text: str, name: str) -> Any:
    """The value of the JSON in `text`, read strictly: no NaN, no infinity, at most MAX_DEPTH
    levels; half of a surrogate pair becomes the replacement character. Raises NotJsonError.
    """
    if _depth(text) > MAX_DEPTH:
        raise NotJsonError(name, f"nested deeper than {MAX_DEPTH} levels")
    try:
        return json.loads(_ESCAPE.sub(_whole, text), parse_constant=_refuse, parse_float=_finite)
    except json.JSONDecodeError as error:
        mark = Mark(error.lineno, error.colno, error.colno + 1)
        raise NotJsonError(name, error.msg, mark) from None
    except ValueError as error:  # a number that is none, or has thousands of digits
        raise NotJsonError(name, str(error)) from None


def _depth(text: str) -> int:
    """How deep the brackets of `text` are nested."""
    depth = most = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "[{":
            depth += 1
            most = max(most, depth)
        elif token in "]}":
            depth -= 1
    return most


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value


def _refuse(name: str) -> Sequence[object]:
    raise ValueError(f"{name} is not a number in JSON")
