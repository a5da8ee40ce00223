"""A cluster without ordinary nodes."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="system-workload-on-tpu",
    family="tpu",
    severity=Severity.WARNING,
    summary="Every node pool of the cluster has TPUs.",
    impact=(
        "GKE taints TPU nodes: DNS, the mesh and the controllers find no node that they may use."
    ),
    remedy="Add a node pool of CPU machines.",
    source=(
        "GKE autoscaler 7d25050 pkg/autoprovisioning/injection.go (taint); the outcome is inferred"
    ),
    confidence="medium",
    bad="""\
kind: ContainerNodePool   # the cluster's only one
spec: {nodeConfig: {machineType: ct6e-standard-4t}}
""",
    good="""\
kind: ContainerNodePool   # a second one
spec: {nodeConfig: {machineType: n1-standard-4}}
""",
)


REMOVED = "cnrm.cloud.google.com/remove-default-node-pool"


def check(context: Context) -> Iterator[Finding]:
    """One finding for each cluster that drops its default pool and has TPU pools only."""
    seen = view(context)
    for cluster in seen.clusters:
        own = [p for p in seen.pools if p.get("clusterRef", "name") == cluster.name]
        annotations = cluster.metadata.get("annotations")
        removed = isinstance(annotations, dict) and annotations.get(REMOVED) == "true"
        if not removed or not own or seen.makes_pools:
            continue
        if all(p.generation is not None for p in own):
            yield RULE.finding(
                f"every node pool of cluster {cluster.name} has TPUs: "
                + ", ".join(p.name for p in own),
                Place(cluster, ("metadata", "name")),
                *(p.place("nodeConfig", "machineType", note="TPUs") for p in own[:2]),
            )
