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


def respelled(documents: list[Document]) -> list[Document]:
    """The one JSON document with the values JSON gives it; otherwise the documents as they are."""
    if not documents:
        return documents
    first = documents[0]
    # As the API server's decoder: half of a surrogate pair becomes the replacement character.
    text = _ESCAPE.sub(_whole, first.source.text)
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return documents
    # YAML's own limits do not hold for JSON, but for the nesting.
    problems = tuple(p for d in documents for p in d.problems if p.rule != "yaml-syntax")
    if any(p.fatal for p in problems):
        return documents
    return [replace(first, data=data, problems=problems, line=max(first.line, 1))]


def _refuse(name: str) -> Sequence[object]:
    raise ValueError(name)
