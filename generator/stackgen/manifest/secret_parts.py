"""What else the text of one secret holds: what base64 says, and the values of a file kept in it.

A Secret often keeps a whole file: a manifest, JSON, a `.env`, a key. Its values are as secret as
the file. Its syntax, its keys, and what its manifests are called are not: these also stand in
harmless places.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from stackgen.redact import NAMES
from stackgen.regex import regex

_LARGEST = 2**20  # characters that are parsed; of a longer text each line is taken
_DEEPEST = 3  # base64 in JSON in base64, as in a registry login
_BASE64 = regex(r"[A-Za-z0-9+/_-]{8,}={0,2}\Z")
_ENTRY = regex(r"\s*(?:export\s+)?[\"']?[\w./-]{1,100}[\"']?\s*(?:=|:(?=\s))\s*(.*?),?\s*\Z")
_PAIR = regex(r"[\w.@+-]{1,100}:([^\s/][^\s]*)\Z")
_NAMING = NAMES | {"image"}


def contents(value: str, deep: int = _DEEPEST) -> Iterator[str]:
    """`value`, and every secret inside of it; some of them more than once."""
    yield value
    if deep == 0:
        return
    inner = _decoded(value.strip())
    if inner:
        yield from contents(inner, deep - 1)
    pair = _PAIR.match(value)
    if pair:
        yield pair[1]
    if "\n" in value.strip() or value.lstrip()[:1] in ("{", "["):
        documents = _documents(value)
        if documents:
            for text in _leaves(documents):
                yield from contents(text, deep - 1)
        else:
            yield from _lines(value)


def is_login(value: Any) -> bool:
    """Whether it is `user:password` in base64, as the `auth` of a registry is."""
    return isinstance(value, str) and ":" in _decoded(value)


def _decoded(value: str) -> str:
    """What `value` says in base64; empty when it is none, or no text."""
    if not _BASE64.match(value):
        return ""
    standard = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        text = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode(
            "utf-8"
        )
    except (binascii.Error, ValueError):
        return ""
    return text if "".join(text.split()).isprintable() else ""


def _documents(value: str) -> list[Any]:
    """The mappings and lists that a text of YAML or JSON holds; none when it is something else."""
    from stackgen.manifest.yaml_in import parse

    if len(value) > _LARGEST:
        return []
    found = parse(value, "", learning=False)
    if any(document.problems for document in found):
        return []
    return [document.data for document in found if isinstance(document.data, (dict, list))]


def _leaves(data: Any) -> Iterator[str]:
    """The values of parsed data, without what only names something."""
    children = data.items() if isinstance(data, dict) else (("", item) for item in data)
    for key, child in children:
        if isinstance(child, (dict, list)):
            yield from _leaves(child)
        elif key not in _NAMING and child is not None and not isinstance(child, bool):
            yield str(child)


def _lines(value: str) -> Iterator[str]:
    """The lines of a text; of an assignment, what is assigned."""
    for line in value.splitlines():
        entry = _ENTRY.match(line)
        yield entry[1].strip("\"'") if entry else line.strip()
