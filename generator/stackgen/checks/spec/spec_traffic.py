"""Traffic of which a part is missing, and an SLO without traffic."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

_LOADS = ("requestsPerSecond", "users")
_LENGTHS = ("inputTokens", "outputTokens")


def check(context: SpecContext) -> Violations:
    """One finding for each model whose traffic says too little or too much."""
    for path, model in context.items("serving", "models"):
        name = model.get("name", "a model")
        traffic, slo = model.get("traffic"), model.get("slo")
        if isinstance(traffic, dict):
            yield from _traffic(context, path, str(name), traffic)
        elif slo:
            yield violation(
                f"{name} has an slo but no traffic to compute it with",
                context.place(*path, "slo", key=True),
            )


def _traffic(context: SpecContext, path: Path, name: str, traffic: dict[str, Any]) -> Violations:
    here = (*path, "traffic")
    loads = [load for load in _LOADS if traffic.get(load) is not None]
    if len(loads) > 1:
        yield violation(
            f"{name} has both traffic.requestsPerSecond and traffic.users: set one of them",
            context.place(*here, "users", key=True),
        )
    missing = [length for length in _LENGTHS if traffic.get(length) is None]
    if not loads:
        missing.insert(0, "requestsPerSecond or users")
    if missing:
        yield violation(
            f"{name} has traffic without {', '.join(missing)}",
            context.place(*path, "traffic", key=True),
        )
