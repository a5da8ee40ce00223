"""What objects have in common that differ only in digits of names: the schema is asked about one.

Two objects are alike if one becomes the other when other digits replace those in names, and equal
names stay equal. The API server compares names with each other and looks at their length and
characters, so it accepts both or none. That holds for names that

- begin with a letter, and have a hyphen and a digit
- are no word of a schema, and no part of the API version

An image is alike if it differs only in digits of its tag, which the API server does not read.
"""

from __future__ import annotations

import json
import re
from typing import Any

from stackgen.cache.verdicts import content_of_text
from stackgen.regex import regex

# What may be a name with a digit in an object as JSON, in a path or below a key. To search for a
# fixed beginning is fast. Few texts are names with digits, so their keys are looked at last.
_NAME = r'(?=[a-z-]*[0-9])[a-z][a-z0-9]*(?:-[a-z0-9]+)+(?=[/"])'
_IN_PATH = regex(rf"/({_NAME})")
_BELOW = regex(rf'": "({_NAME})')
_KEY = regex(
    r"[a-zA-Z./-]*[nN]ame|namespace|key|component|app|app\.kubernetes\.io/[a-z-]+"
    r"|cloud\.google\.com/gke-nodepool"
)
_TAG = regex(r'"image": "[^"@\\]*:[a-z]{0,3}\d[a-z0-9.]*"')
_NOT_TEXT = regex(r'"(?:-?\d[^"]*|true|false|null)": ')  # a key that may have been no string
_DIGITS = str.maketrans("123456789", "000000000")
# Values that schemas list, and that could be names.
WORDS = frozenset(
    {"a100-40", "a100-80", "gke-l7-regional-external-managed", "gke-l7-rilb", "retriable-4xx"}
)
_MOST = 64  # names in an object; with more, objects are seldom alike


def alike(data: dict[str, Any]) -> str:
    """The hash of what objects that are alike have in common; empty if it is not known."""
    try:
        text = json.dumps(data)
    except (TypeError, ValueError, RecursionError):
        return ""
    found = _names(text)
    if len(found) > _MOST or _NOT_TEXT.search(text):
        return ""
    version = str(data.get("apiVersion"))
    # The longest first, because a name may contain another; then in the order of the object.
    for number, name in enumerate(sorted(found, key=lambda x: (-len(x), text.find(f'"{x}"'), x))):
        if name not in WORDS and name not in version:
            text = text.replace(name, f"\0{number}\0{name.translate(_DIGITS)}\0")
    return content_of_text(_TAG.sub(_without_digits, text))


def _names(text: str) -> set[str]:
    """The names with digits in an object as JSON."""
    found = set(_IN_PATH.findall(text))
    begins, is_key = text.rfind, _KEY.fullmatch
    for match in _BELOW.finditer(text):
        if match[1] not in found:
            end = match.start()
            if is_key(text, begins('"', 0, end) + 1, end):
                found.add(match[1])
    return found


def _without_digits(found: re.Match[str]) -> str:
    return found[0].translate(_DIGITS)
