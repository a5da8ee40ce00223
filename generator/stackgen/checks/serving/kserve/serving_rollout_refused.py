"""Rollout strategies that the admission webhook refuses."""

from __future__ import annotations

import re
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.digits import to_int
from stackgen.facts.shape import number
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """Judged where the release has the field, for `spec` and `spec.prefill`."""
    for service in services(context, "rolloutStrategy"):
        for base, data in service.halves():
            strategy = data.get("rolloutStrategy")
            if isinstance(strategy, dict):
                message = _problem(strategy, isinstance(data.get("worker"), dict))
                if message:
                    where = (*base, "rolloutStrategy")
                    yield violation(message, Place(service.resource, where, key=True))


def _problem(strategy: dict[str, Any], several: bool) -> str:
    unavailable, surge = strategy.get("maxUnavailable"), strategy.get("maxSurge")
    for name, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
        size = number(value)
        if size is not None and size < 0:
            return f"{name} is {size}; the minimum is 0"
        percent = re.fullmatch(r"(\d+)%", value) if isinstance(value, str) else None
        if percent and to_int(percent[1]) > 100:
            return f"{name} is {value}; the maximum is 100%"
    if _none(unavailable) and _none(surge):
        return "maxUnavailable and maxSurge are both zero: no Pod can be replaced"
    if several and _none(unavailable) and surge is None:
        return "a group of Pods with maxUnavailable 0 needs maxSurge"
    return ""


def _none(value: Any) -> bool:
    return value in (0, "0", "0%") and value is not False
