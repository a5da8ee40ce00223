"""A slice over several zones."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="tpu-placement-multi-zone",
    family="tpu",
    severity=Severity.ERROR,
    summary="A node pool with compact placement has nodes in several zones.",
    impact=(
        "Google Cloud does not create the pool: the machines of a slice stand next to each "
        "other, in one zone."
    ),
    remedy="Name one zone under nodeLocations.",
    source="cluster-toolkit@1047080 modules/compute/gke-node-pool/main.tf",
    bad="""\
placementPolicy: {type: COMPACT, tpuTopology: 4x4}
nodeLocations: [us-east5-a, us-east5-b]
""",
    good="""\
placementPolicy: {type: COMPACT, tpuTopology: 4x4}
nodeLocations: [us-east5-b]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each such pool."""
    for pool in view(context).tpu_pools:
        zones = pool.zones or ()
        compact = pool.get("placementPolicy", "type") == "COMPACT"
        if compact and len(zones) > 1:
            yield RULE.finding(
                f"node pool {pool.name} is placed compactly in {len(zones)} zones: "
                f"{', '.join(zones)}",
                pool.place("nodeLocations"),
                pool.place("placementPolicy", "type", note="one zone only"),
            )
