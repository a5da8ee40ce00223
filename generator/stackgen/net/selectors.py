"""Label selectors, with a third answer where the labels of an object are not all known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

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
