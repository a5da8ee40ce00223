"""A model on a node pool without TPUs."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import pools
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-model-needs-tpu",
    family="spec",
    severity=Severity.ERROR,
    summary="A model runs on a node pool that has no TPU.",
    impact="The TPU image finds no accelerator and the container restarts for ever.",
    remedy="Name a node pool with `accelerator` and `topology`.",
    source="vLLM on TPU: the platform is chosen from the devices it finds",
    bad="nodePool: default-pool",
    good="nodePool: tpu-v6e-pool",
)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each model on a CPU pool."""
    known = pools(context)
    for path, model in context.items("serving", "models"):
        pool = known.get(str(model.get("nodePool")))
        if pool is not None and pool.get("accelerator") is None and pool.get("topology") is None:
            with_tpu = [n for n, p in known.items() if p.get("accelerator")]
            hint = f"; {', '.join(with_tpu)} has TPUs" if with_tpu else ""
            yield RULE.finding(
                f"{model.get('name', 'a model')} runs on {pool['name']}, which has no TPU{hint}",
                context.place(*path, "nodePool"),
            )
