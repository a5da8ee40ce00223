"""How items of a list are told apart where no schema says it: by the keys Kubernetes uses."""

from __future__ import annotations

from typing import Any

# The first that all items of both lists have, and that no two items of one list share.
MERGE_KEYS = ("mountPath", "name", "containerPort", "port", "key", "ip", "topologyKey")
# Tolerations and the expressions of selectors have a key, and are replaced as a whole.
_WHOLE = ("operator", "effect")


def merge_key(one: list[Any], other: list[Any]) -> str | None:
    """The key by which the items of two lists belong together; None when there is none."""
    items = [*one, *other]
    if not one or not all(isinstance(item, dict) for item in items):
        return None
    if any("key" in item and any(word in item for word in _WHOLE) for item in items):
        return None
    for key in MERGE_KEYS:
        if all(key in item for item in items) and _distinct(one, key) and _distinct(other, key):
            return key
    return None


def _distinct(items: list[Any], key: str) -> bool:
    values = [item[key] for item in items]
    return all(value not in values[:i] for i, value in enumerate(values))
