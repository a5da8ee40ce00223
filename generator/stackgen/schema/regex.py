"""Regular expressions in the dialect of Go (RE2), matched in linear time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_CLASSES = {
    "d": "[0-9]", "D": "[^0-9]", "w": "[0-9A-Za-z_]", "W": "[^0-9A-Za-z_]",
    "s": "[\\t\\n\\f\\r ]", "S": "[^\\t\\n\\f\\r ]", "z": "\\z", "Z": "\\Z",
}  # fmt: skip
_INSIDE = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\\t\\n\\f\\r "}


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` occurs anywhere in `text`."""
    return bool(_validator(pattern).is_valid(text))


@lru_cache(maxsize=256)
def _validator(pattern: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(
        {"pattern": pattern}, offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )
