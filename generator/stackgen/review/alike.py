"""How much two values have in common."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

Tokens = Counter[tuple[str, str]]


def canonical(value: Any) -> str:
    """The value as text: the same for equal values, whatever the order of their keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def tokens(value: Any, name: str = "") -> Tokens:
    """The leaves of a value with their field, positions left out.

    name: an object's own name, which counts as the same wherever it is part of a text.
    """
    found: Tokens = Counter()
    stack = [("", value)]
    while stack:
        field, here = stack.pop()
        if isinstance(here, dict) and here:
            stack.extend((f"{field}.{key}", item) for key, item in here.items())
        elif isinstance(here, list) and here:
            stack.extend((field, item) for item in here)
        else:
            text = canonical(here)
            found[field, text.replace(name, "\0") if name else text] += 1
    return found


def likeness(one: Tokens, other: Tokens) -> float:
    """From 0, nothing in common, to 1, the same leaves."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0
