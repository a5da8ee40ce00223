"""Taints of nodes and the tolerations of Pods (Kubernetes, Taints and Tolerations)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stackgen.facts.shape import maps, text

# Each with the name that the API of GKE has for it.
_HARD = {"NoSchedule", "NoExecute", "NO_SCHEDULE", "NO_EXECUTE"}


def is_hard(taint: Mapping[str, Any]) -> bool:
    """Pods that do not tolerate it are not placed on the node."""
    return text(taint.get("effect")) in _HARD


def tolerates(tolerations: Iterable[Mapping[str, Any]], taint: Mapping[str, Any]) -> bool:
    """Whether one of the tolerations matches the taint."""
    return any(_matches(one, taint) for one in tolerations)


def _matches(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if _effect(toleration) not in ("", _effect(taint)):
        return False
    if toleration.get("operator") == "Exists":
        return text(toleration.get("key")) in ("", text(taint.get("key")))
    return all(_said(toleration.get(key)) == _said(taint.get(key)) for key in ("key", "value"))


def _effect(given: Mapping[str, Any]) -> str:
    return text(given.get("effect")).replace("_", "").lower()


def _said(value: Any) -> str:
    """Terraform and scripts have booleans and numbers where Kubernetes has strings."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def tolerations_of(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tolerations of a Pod spec."""
    return [one for _, one in maps(spec.get("tolerations"))]
