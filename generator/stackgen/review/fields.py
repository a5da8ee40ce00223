"""Which fields of an object differ; list items belong together by key, not by position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.quantity import QuantityError, parse
from stackgen.manifest.document import Path
from stackgen.review.lists import pairs
from stackgen.review.model import Field, Item, Label
from stackgen.schema.node import Node

MISSING: Any = object()

# Fields that map names of resources to quantities.
_AMOUNTS = frozenset(("requests", "limits", "hard", "capacity"))


def differences(old: Any, new: Any, kind: str, node: Node | None) -> tuple[Field, ...]:
    """Every field that differs, in the order of the new object; what is gone stands first.

    node: the root of the kind's schema, which knows the keys of its lists; None when there is none.
    A null in a map counts as absent: so it does for the API server.
    """
    return tuple(_values(old, new, _At((), (), (), kind), node))


class _At:
    """Where the walk is: the paths in both objects and the label."""

    __slots__ = ("kind", "label", "new", "old")

    def __init__(self, label: Label, old: Path, new: Path, kind: str) -> None:
        self.label, self.old, self.new, self.kind = label, old, new, kind

    def down(self, label: str, old: str | int | None, new: str | int | None) -> _At:
        return _At(
            (*self.label, label),
            self.old if old is None else (*self.old, old),
            self.new if new is None else (*self.new, new),
            self.kind,
        )


def _values(old: Any, new: Any, at: _At, node: Node | None) -> Iterator[Field]:
    if old is MISSING:
        yield Field("added", at.label, None, new, None, at.new)
    elif new is MISSING:
        yield Field("removed", at.label, old, None, at.old, None)
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _maps(old, new, at, node)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, at, node)
    elif not same(old, new) and not _same_quantity(old, new, at.label):
        yield Field("changed", at.label, old, new, at.old, at.new)


def same(old: Any, new: Any) -> bool:
    """Equal, and true is not 1."""
    return isinstance(old, bool) is isinstance(new, bool) and bool(old == new)


def _same_quantity(old: Any, new: Any, label: Label) -> bool:
    """Whether both are the same amount of a resource: 8 is `8`, and `1000m` is 1."""
    if not _AMOUNTS & {*label[-2:-1]} or isinstance(old, bool) or isinstance(new, bool):
        return False
    try:
        return parse(str(old)) == parse(str(new))
    except QuantityError:
        return False


def _maps(old: dict[str, Any], new: dict[str, Any], at: _At, node: Node | None) -> Iterator[Field]:
    for key, value in old.items():
        if value is not None and new.get(key) is None:
            yield from _values(value, MISSING, at.down(key, key, key), None)
    for key, value in new.items():
        if value is not None:
            inner = node.child(key) if node is not None else None
            before = old.get(key)
            before = MISSING if before is None else before
            yield from _values(before, value, at.down(key, key, key), inner)


def _lists(old: list[Any], new: list[Any], at: _At, node: Node | None) -> Iterator[Field]:
    if old == new and not _has_numbers(old):
        return
    inner = node.items if node is not None else None
    matched = pairs(old, new, at.label[-1] if at.label else "", at.kind, node)
    for name, i, j in matched.pairs:
        yield from _values(
            MISSING if i is None else old[i], MISSING if j is None else new[j],
            at.down(Item(name), i, j), inner,
        )  # fmt: skip
    if matched.reordered:
        yield Field("order", at.label, old, new, at.old, at.new)


def _has_numbers(values: list[Any]) -> bool:
    """Whether `==` may have taken 1 for true."""
    return any(isinstance(v, (int, float, dict, list)) for v in values)
