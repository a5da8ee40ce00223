"""Label selectors, with a third answer where the labels of an object are not all known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from heapq import merge
from typing import Any, Generic, TypeVar

from stackgen.manifest.shipped import shipped
from stackgen.record import record

NAME_LABEL = "kubernetes.io/metadata.name"


@cache
def given_by_controllers(key: str) -> bool:
    """Whether the controller of a workload may give Pods a label that their template lacks."""
    keys = shipped(__file__, "platform.yaml")["controller-labels"]["keys"]
    return any(key.startswith(known) if known.endswith("/") else key == known for known in keys)


@record
class Requirement:
    """One condition: `In`, `NotIn`, `Exists` or `DoesNotExist`."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str], complete: bool) -> bool | None:
        """Whether it holds; None when the key is absent and may be there."""
        if self.key not in labels:
            if not complete or given_by_controllers(self.key):
                return None
            # An absent key is not one of the values, and does not exist.
            return self.operator in ("NotIn", "DoesNotExist")
        if self.operator == "In":
            return labels[self.key] in self.values
        if self.operator == "NotIn":
            return labels[self.key] not in self.values
        return self.operator == "Exists"


@record
class Selector:
    """A conjunction of requirements; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str], complete: bool = True) -> bool | None:
        """True, False, or None when that depends on labels that are not known."""
        answer: bool | None = True
        for requirement in self.requirements:
            held = requirement.holds(labels, complete)
            if held is False:
                return False
            if held is None:
                answer = None
        return answer

    def names(self) -> frozenset[str] | None:
        """The namespaces it can match by name; None when it does not name any."""
        for r in self.requirements:
            if r.key == NAME_LABEL and r.operator == "In":
                return r.values
        return None

    def __str__(self) -> str:
        if not self.requirements:
            return "{}"
        return ", ".join(_shown(r) for r in self.requirements)


def _shown(r: Requirement) -> str:
    values = ", ".join(sorted(r.values))
    if r.operator == "In":
        return f"{r.key}={values}" if len(r.values) == 1 else f"{r.key} in ({values})"
    if r.operator == "NotIn":
        return f"{r.key} not in ({values})"
    return r.key if r.operator == "Exists" else f"!{r.key}"


EVERYTHING = Selector()


def selector(data: Any) -> Selector:
    """A selector from `matchLabels` and `matchExpressions`; what is malformed matches nothing."""
    if not isinstance(data, dict):
        return EVERYTHING
    found = []
    labels = data.get("matchLabels")
    for key, value in labels.items() if isinstance(labels, dict) else ():
        found.append(Requirement(str(key), "In", frozenset({str(value)})))
    expressions = data.get("matchExpressions")
    for one in expressions if isinstance(expressions, list) else ():
        found.append(_requirement(one))
    return Selector(tuple(found))


def _requirement(data: Any) -> Requirement:
    if isinstance(data, dict) and isinstance(data.get("key"), str):
        operator, values = data.get("operator"), data.get("values")
        listed = frozenset(str(v) for v in values) if isinstance(values, list) else frozenset()
        if operator in ("In", "NotIn", "Exists", "DoesNotExist"):
            return Requirement(data["key"], operator, listed)
    return Requirement("", "In")  # the API server refuses it; no object matches


def labels_of(data: Any) -> dict[str, str]:
    """The labels of a `metadata` mapping, those that are text."""
    labels = data.get("labels") if isinstance(data, dict) else None
    if not isinstance(labels, dict):
        return {}
    return {k: v for k, v in labels.items() if isinstance(k, str) and isinstance(v, str)}


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

    def candidates(self, namespace: str, wanted: Selector) -> Iterator[T]:
        """In their order, all that `wanted` may match, and not many more; found as they are read.

        Often the first one decides, and there are many whose labels are not all known.
        """
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
            found = self._all.get(namespace, [])
        elif namespace not in self._open:
            found = sorted(best, key=_number)
        else:
            both = (sorted(best, key=_number), self._open[namespace])
            return (obj for _, obj in merge(*both, key=_number))
        return (obj for _, obj in found)


def _number(numbered: tuple[int, object]) -> int:
    return numbered[0]
