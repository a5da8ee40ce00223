"""TPU nodes that a development cluster always pays for."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="cost-idle-min-nodes",
    family="tpu",
    severity=Severity.WARNING,
    summary="A TPU pool of a development cluster keeps nodes that nobody may be using.",
    impact="They are billed around the clock.",
    remedy="Set the minimum to 0: a node comes when a pod asks for it.",
    source=(
        "Arithmetic; one ct6e-standard-4t on demand is 259.20 USD a day in the US (catalogue "
        "prices.yaml)"
    ),
    bad="""\
# profile: {stage: dev}
autoscaling: {minNodeCount: 1, maxNodeCount: 3}
""",
    good="autoscaling: {minNodeCount: 0, maxNodeCount: 3}",
)


STAGES = ("dev", "test")


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pool, where the profile says that the cluster is for development."""
    if context.profile.get("stage") not in STAGES:
        return
    for pool in view(context).tpu_pools:
        minimum = pool.limit("min")
        if minimum is not None and minimum[0] > 0 and minimum[1][0] == "autoscaling":
            yield RULE.finding(
                f"node pool {pool.name} of a {context.profile['stage']} cluster keeps "
                f"{counted(minimum[0], 'node')} of {pool.machine_type}",
                pool.place(*minimum[1]),
            )
