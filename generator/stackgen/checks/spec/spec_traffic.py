"""Traffic of which a part is missing, and an SLO without traffic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path

RULE = rule_named(__name__)
_LOADS = ("requestsPerSecond", "users")
_LENGTHS = ("inputTokens", "outputTokens")


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each model whose traffic says too little or too much."""
    for path, model in context.items("serving", "models"):
        name = model.get("name", "a model")
        traffic, slo = model.get("traffic"), model.get("slo")
        if isinstance(traffic, dict):
            yield from _traffic(context, path, str(name), traffic)
        elif slo:
            yield RULE.finding(
                f"{name} has an slo and no traffic, under which it must hold",
                context.place(*path, "slo", key=True),
            )


def _traffic(
    context: SpecContext, path: Path, name: str, traffic: dict[str, Any]
) -> Iterator[Finding]:
    here = (*path, "traffic")
    loads = [load for load in _LOADS if traffic.get(load) is not None]
    if len(loads) > 1:
        yield RULE.finding(
            f"{name} has traffic of requestsPerSecond and of users: set one of them",
            context.place(*here, "users", key=True),
        )
    missing = [length for length in _LENGTHS if traffic.get(length) is None]
    if not loads:
        missing.insert(0, "requestsPerSecond or users")
    if missing:
        yield RULE.finding(
            f"{name} has traffic without {', '.join(missing)}",
            context.place(*path, "traffic", key=True),
        )
