"""JSON is read as YAML for its positions, and as JSON for its values.

YAML folds spellings that JSON keeps apart (3.0 is no integer to the API server), and does not
know JSON's surrogate pairs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from stackgen.manifest.document import Document

_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
_SPACE = re.compile(r"[ \t\r\n]*")
# What libyaml counts as the end of a line.
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_ESCAPE = re.compile(rf"(?P<pair>{_PAIR})|(?P<half>{_HALF})|\\.", re.DOTALL)


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
            lines = _BREAK.split(piece)
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


def _refuse(name: str) -> Sequence[object]:
    raise ValueError(name)
