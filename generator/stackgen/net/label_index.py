"""Finding the pods that a selector can match without asking every pod."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from stackgen.net.selectors import Selector, given_by_controllers

T = TypeVar("T")


class LabelIndex(Generic[T]):
    """Objects by namespace and label. One whose labels are not all known is always a candidate."""

    def __init__(self, objects: Iterable[tuple[str, Mapping[str, Any], bool, T]]) -> None:
        self._all: dict[str, list[tuple[int, T]]] = {}
        self._open: dict[str, list[tuple[int, T]]] = {}
        self._by: dict[tuple[str, str, str], list[tuple[int, T]]] = {}
        for number, (namespace, labels, complete, obj) in enumerate(objects):
            self._all.setdefault(namespace, []).append((number, obj))
            if not complete:
                self._open.setdefault(namespace, []).append((number, obj))
                continue
            for key, value in labels.items():
                self._by.setdefault((namespace, str(key), str(value)), []).append((number, obj))

    def candidates(self, namespace: str, wanted: Selector) -> list[T]:
        """In their order, all that `wanted` may match, and not many more."""
        best: list[tuple[int, T]] | None = None
        for requirement in wanted.requirements:
            # A Pod without the label of a controller may have it all the same.
            if requirement.operator != "In" or given_by_controllers(requirement.key):
                continue
            found = [
                x
                for value in requirement.values
                for x in self._by.get((namespace, requirement.key, value), ())
            ]
            if best is None or len(found) < len(best):
                best = found
        if best is None:
            return [obj for _, obj in self._all.get(namespace, ())]
        both = [*best, *self._open.get(namespace, ())]
        return [obj for _, obj in sorted(both, key=lambda x: x[0])]
