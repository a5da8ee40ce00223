"""A node pool that Config Connector cannot ask for."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="tpu-flex-not-rendered",
    family="tpu",
    severity=Severity.ERROR,
    summary="A node pool is to be bought by flex-start, which Config Connector cannot ask for.",
    impact="The pool would be made of on-demand machines, at twice the price and more.",
    remedy="Set cluster.managed: false and make cluster and pools with `stackgen cluster --format "
    "gcloud` or `terraform`, which can; or use another purchase.",
    source="Config Connector ContainerNodePool v1beta1: no flexStart and no maxRunDuration",
    bad="cluster: {nodePools: [{name: tpu, purchase: flex-start, ...}]}",
    good="cluster: {managed: false, nodePools: [{name: tpu, purchase: flex-start, ...}]}",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each such pool."""
    if context.plan is None or context.loaded is None or context.stack is None:
        return
    if not context.stack.spec.cluster.managed.value:
        return
    for pool in context.plan.pools:
        if pool.spec.purchase.value == "flex-start":
            yield RULE.finding(
                f"{pool.spec.name.value} asks for flex-start machines; its ContainerNodePool has "
                "no field for that",
                place_of(context, pool.spec.purchase),
            )
