"""A model on a node pool without accelerators."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import pools
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each model on a CPU pool."""
    known = pools(context)
    for path, model in context.items("serving", "models"):
        pool = known.get(str(model.get("nodePool")))
        if pool is not None and pool.get("accelerator") is None and pool.get("topology") is None:
            others = [n for n, p in known.items() if p.get("accelerator")]
            hint = f"; {', '.join(others)} has some" if others else ""
            name = model.get("name", "a model")
            yield RULE.finding(
                f"{name} runs on {pool['name']}, which has no accelerator{hint}",
                context.place(*path, "nodePool"),
            )
