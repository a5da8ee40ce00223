"""TPU nodes are selected, but no chips are asked for."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.shape import maps
from stackgen.facts.workloads import ACCELERATOR, TOPOLOGY, TPU, Container
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each Pod template that selects TPU nodes for nothing."""
    for workload in view(context).workloads:
        keys = [key for key in (ACCELERATOR, TOPOLOGY) if key in workload.labels]
        if not keys or not workload.whole or any(map(_asks, workload.containers)):
            continue
        if workload.spec.get("resourceClaims") or workload.resource.kind == "DaemonSet":
            continue
        if isinstance(workload.spec.get("resources"), dict):
            continue  # resources of the Pod as a whole
        # Pathways runs its proxy on a TPU node on purpose.
        if any(one.get("key") == TPU for _, one in maps(workload.spec.get("tolerations"))):
            continue
        yield violation(
            f"{workload.display_name} selects TPU nodes, but no container requests {TPU}",
            Place(workload.resource, workload.labels[keys[0]].path),
        )


def _asks(container: Container) -> bool:
    resources = container.data.get("resources")
    return "tpu" in str(resources).lower() or "claims" in str(resources)
