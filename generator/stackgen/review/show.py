"""Values as people read them: short, on one line, and never a secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.manifest import secret_values
from stackgen.manifest.merge_keys import MERGE_KEYS
from stackgen.redact import redact
from stackgen.review.alike import canonical
from stackgen.review.model import Field, Item, Label, show_label

LONGEST = 100
_AROUND = 20  # characters before and after the part that differs
HIDDEN = secret_values.HIDDEN
_IDENTITY = ("apiVersion", "kind", "metadata", "type", "immutable")
ABSENT = "(none)"


def value_text(label: Label, value: Any, kind: str = "") -> str:
    """A value on one line, cut when it is long; what may be a secret is not shown."""
    if value is None:
        return ABSENT
    if is_secret(label, kind):
        return HIDDEN
    value = secret_values.without_secrets(value)
    if isinstance(value, str):
        text = value if value and value.strip() == value and "\n" not in value else canonical(value)
    elif isinstance(value, dict) and set(value) == {"name", "value"}:
        text = value_text((*label, Item(str(value["name"])), "value"), value["value"], kind)
    elif isinstance(value, (dict, list)):
        text = _compact(label, value, kind)
    else:
        text = canonical(value)
    text = redact(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def texts(field: Field, kind: str = "") -> tuple[str, str]:
    """The old and the new value; of long texts that differ in a part, around that part."""
    old, new = field.old, field.new
    both = isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > LONGEST
    if both and not is_secret(field.label, kind):
        old, new = redact(old), redact(new)
        start = max(0, _shared(old, new) - _AROUND)
        end = _shared(old[start:][::-1], new[start:][::-1]) - _AROUND
        if start:
            old, new = f"...{old[start:]}", f"...{new[start:]}"
        if end > 0:
            old, new = f"{old[:-end]}...", f"{new[:-end]}..."
    return value_text(field.label, old, kind), value_text(field.label, new, kind)


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _compact(label: Label, value: Any, kind: str) -> str:
    """A container in YAML's flow style."""
    if isinstance(value, dict):
        inner = (f"{k}: {value_text((*label, k), v, kind)}" for k, v in value.items())
        return "{" + ", ".join(inner) + "}"
    return "[" + ", ".join(value_text((*label, Item("0")), v, kind) for v in value) + "]"


def without_secrets(label: Label, value: Any, kind: str = "") -> Any:
    """The value as data, with what may be a secret starred out or replaced."""
    if value is not None and is_secret(label, kind):
        return HIDDEN
    value = secret_values.without_secrets(value)
    if isinstance(value, dict):
        if set(value) == {"name", "value"}:
            inner = (*label, Item(str(value["name"])), "value")
            return {"name": value["name"], "value": without_secrets(inner, value["value"], kind)}
        return {k: without_secrets((*label, k), v, kind) for k, v in value.items()}
    if isinstance(value, list):
        return [without_secrets((*label, Item("0")), item, kind) for item in value]
    return redact(value) if isinstance(value, str) else value


def is_secret(label: Label, kind: str = "") -> bool:
    """Whether the value at `label` of an object of `kind` may be one.

    The contents of Secrets, and literals whose variable or key is called like one.
    """
    if kind.lower() in ("secret", "sealedsecret") and label and label[0] not in _IDENTITY:
        return True
    if len(label) < 2:
        return False
    variable = label[-1] == "value" and isinstance(label[-2], Item)
    name = label[-2] if variable else label[-1]
    flag = isinstance(name, Item) and name.startswith("--")
    if flag or variable or label[0] in ("data", "stringData", "binaryData"):
        return secret_values.named_like_credential(name)
    return False


def named(names: Iterable[str], most: int = 3) -> str:
    """A few names, and how many more there are."""
    found = list(dict.fromkeys(names))
    more = len(found) - most
    return ", ".join(found[:most]) + (f" and {more} more" if more > 0 else "")


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
                name = next((str(item[k]) for k in MERGE_KEYS if k in item), name)
            yield from _below((*label, Item(name)), item)
    else:
        yield label, value


def object_name(kind: str, namespace: str, name: str) -> str:
    """`Kind namespace/name`."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def plural(count: int, word: str) -> str:
    """`1 change`, `2 changes`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
