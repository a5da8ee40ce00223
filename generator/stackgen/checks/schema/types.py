"""What to write in place of a value of the wrong type, where the value itself tells it."""

from __future__ import annotations

import json
from typing import Any

from stackgen.manifest.document import Path

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def type_remedy(path: Path, value: Any, message: str) -> str:
    """The remedy for a `schema-wrong-type` message; empty for the one of the rule."""
    key = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    wanted = message.rpartition("; ")[2].removesuffix(" is needed")
    if not key or wanted == message:
        return ""
    if "an object" in wanted:
        return f"Write keys with values below `{key}`, each on a line of its own."
    if "a list" in wanted:
        return f"Write the items of `{key}` on lines that begin with `-`."
    given = _retyped(value, wanted)
    item = "- " if isinstance(path[-1], int) else f"{key}: "
    return "" if given is None else f"Write `{item}{json.dumps(given, ensure_ascii=False)}`."


def _retyped(value: Any, wanted: str) -> Any:
    """The value in the wanted type, where that is certain."""
    if isinstance(value, str) and len(value) <= 18:
        if ("integer" in wanted or "number" in wanted) and value.lstrip("-").isdecimal():
            return int(value)
        if "true or false" in wanted:
            return _WORDS.get(value.lower())
    if "a string" in wanted and isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return None
