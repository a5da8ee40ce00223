"""A model on a node pool without accelerators."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import pools
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """One finding for each model on a CPU pool."""
    known = pools(context)
    for path, model in context.items("serving", "models"):
        pool = known.get(str(model.get("nodePool")))
        if pool is not None and pool.get("accelerator") is None and pool.get("topology") is None:
            others = [n for n, p in known.items() if p.get("accelerator")]
            verb = "has" if len(others) == 1 else "have"
            hint = f"; {', '.join(others)} {verb} one" if others else ""
            name = model.get("name", "a model")
            yield violation(
                f"{name} runs on {pool['name']}, which has no accelerator{hint}",
                context.place(*path, "nodePool"),
                remedy=f"Set `nodePool: {others[0]}`." if others else "",
            )
