"""A name that nothing in the spec has."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import did_you_mean, pools
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-unknown-reference",
    family="spec",
    severity=Severity.ERROR,
    summary="A model names a node pool that the spec does not have.",
    impact="The pods would wait for a node that no pool can give: Pending for ever.",
    remedy="Name one of the pools under spec.cluster.nodePools, or add the pool.",
    source="Kubernetes scheduling: a nodeSelector that matches no node keeps a pod Pending",
    bad="nodePool: tpu-pool        # the pool is called tpu-v6e-pool",
    good="nodePool: tpu-v6e-pool",
)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each model whose pool does not exist."""
    known = list(pools(context))
    for path, model in context.items("serving", "models"):
        wanted = model.get("nodePool")
        if isinstance(wanted, str) and wanted not in known:
            yield RULE.finding(
                f"{model.get('name', 'a model')} runs on node pool {wanted!r}, which does not "
                f"exist{did_you_mean(wanted, known)}",
                context.place(*path, "nodePool"),
            )
