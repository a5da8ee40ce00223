"""Values as people read them: short and on one line.

The fields of a review hold no value that is secret by its place; copies of secrets are starred out
here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.manifest.merge_keys import MERGE_KEYS
from stackgen.redact import redact, redact_tree
from stackgen.review.alike import canonical
from stackgen.review.model import Field, Item, Label, show_label

LONGEST = 100
_AROUND = 20  # characters before and after the part that differs
ABSENT = "(none)"


def value_text(value: Any) -> str:
    """A value of a field on one line, cut when it is long."""
    if value is None:
        return ABSENT
    value = redact_tree(value)
    if isinstance(value, str):
        text = value if value and value.strip() == value and "\n" not in value else canonical(value)
    elif isinstance(value, (dict, list)):
        text = _compact(value)
    else:
        text = canonical(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def texts(field: Field) -> tuple[str, str]:
    """The old and the new value; of long texts that differ in a part, around that part."""
    old, new = field.old, field.new
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > LONGEST:
        old, new = redact(old), redact(new)
        start = max(0, _shared(old, new) - _AROUND)
        end = _shared(old[start:][::-1], new[start:][::-1]) - _AROUND
        if start:
            old, new = f"...{old[start:]}", f"...{new[start:]}"
        if end > 0:
            old, new = f"{old[:-end]}...", f"{new[:-end]}..."
    return value_text(old), value_text(new)


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _compact(value: Any) -> str:
    """A container in YAML's flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {value_text(v)}" for k, v in value.items()) + "}"
    return "[" + ", ".join(value_text(v) for v in value) + "]"


def leaves(field: Field) -> Iterator[tuple[str, Any, Any]]:
    """Every single value a field is about: its label, the old and the new value."""
    if field.kind in ("changed", "order"):
        yield field.name, field.old, field.new
        return
    gone = field.kind == "removed"
    for label, value in _below(field.label, field.old if gone else field.new):
        yield (show_label(label), value, None) if gone else (show_label(label), None, value)


def _below(label: Label, value: Any) -> Iterator[tuple[Label, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _below((*label, key), item)
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            name = str(i)
            if isinstance(item, dict):
                name = next((str(item[k]) for k in ("name", *MERGE_KEYS) if k in item), name)
            yield from _below((*label, Item(name)), item)
    else:
        yield label, value


def object_name(kind: str, namespace: str, name: str) -> str:
    """`Kind namespace/name`."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
