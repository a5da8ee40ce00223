"""A cluster without ordinary nodes."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

REMOVED = "cnrm.cloud.google.com/remove-default-node-pool"


def check(context: Context) -> Violations:
    """One finding for each cluster that drops its default pool and has TPU pools only."""
    seen = view(context)
    for cluster in seen.clusters:
        own = [p for p in seen.pools if p.get("clusterRef", "name") == cluster.name]
        annotations = cluster.metadata.get("annotations")
        removed = isinstance(annotations, dict) and annotations.get(REMOVED) == "true"
        if not removed or not own or seen.makes_pools:
            continue
        if all(p.generation is not None for p in own):
            yield violation(
                f"every node pool of cluster {cluster.name} has TPUs: "
                + ", ".join(p.name for p in own),
                Place(cluster, ("metadata", "name")),
                *(p.place("nodeConfig", "machineType", note="TPUs") for p in own[:2]),
            )
