"""A model on a node pool without accelerators."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import pools
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-model-needs-accelerator",
    family="spec",
    severity=Severity.ERROR,
    summary="A model runs on a node pool that has neither TPUs nor GPUs.",
    impact="The image finds no accelerator and the container restarts for ever.",
    remedy="Name a node pool with `accelerator`.",
    source="vLLM: the platform is chosen from the devices it finds",
    bad="nodePool: default-pool",
    good="nodePool: tpu-v6e-pool",
)


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
