"""Groups that may be spread over two slices."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.escape import visible
from stackgen.facts.workloads import JOBSET_EXCLUSIVE, LWS_EXCLUSIVE, NODE_POOL, Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.spelling import close, did_you_mean

# Labels of nodes by which the nodes of a slice, or others that belong together, are told.
_DOMAINS = (
    NODE_POOL, "kubernetes.io/hostname", "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region", "cloud.google.com/gce-topology-block",
    "cloud.google.com/gce-topology-subblock", "cloud.google.com/gce-topology-host",
)  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each object whose groups may be torn apart."""
    seen = view(context)
    said: set[int] = set()
    for workload in seen.tpu:
        resource = workload.resource
        target = seen.target(workload)
        if not workload.grouped or not workload.whole or (target.hosts or 1) == 1:
            continue
        if workload.dynamic_slice:
            continue  # GKE forms one slice for each group
        if (
            resource.kind not in ("JobSet", "LeaderWorkerSet")
            or NODE_POOL in workload.labels
            or id(resource) in said
        ):
            continue
        wanted = JOBSET_EXCLUSIVE if resource.kind == "JobSet" else LWS_EXCLUSIVE
        given = workload.annotations.get(wanted) or _of_job(workload, wanted)
        if isinstance(given, str) and given not in _DOMAINS and close(given, _DOMAINS):
            said.add(id(resource))
            yield violation(
                f"no node has the label {visible(given)}{did_you_mean(given, _DOMAINS)}",
                Place(resource, ("metadata", "annotations", wanted)),
                impact="No Pod after the first of a group is scheduled (FailedScheduling).",
            )
            continue
        slices = _slices(seen, workload)
        if given or slices is None or slices < 2:
            continue
        said.add(id(resource))
        pools = seen.pools_for(workload).several_hosts
        yield violation(
            f"{resource.kind} {resource.name} can be scheduled to {slices} slices, because it "
            f"does not have the annotation {wanted}",
            Place(resource, ("metadata", "annotations", wanted), key=True),
            # How many slices the cluster has is known from its pools only.
            severity=None if len(pools) > 1 else Severity.WARNING,
        )


def _of_job(workload: Workload, wanted: str) -> bool:
    """JobSet reads the annotation of the Job's template as well."""
    if workload.resource.kind != "JobSet":
        return False
    job = workload.path[: workload.path.index("template")] if "template" in workload.path else ()
    found = workload.resource.get(*job, "template", "metadata", "annotations")
    return isinstance(found, dict) and wanted in found


def _slices(seen: View, workload: Workload) -> int | None:
    """How many slices there are to land on: pools of the bundle, or groups of its own."""
    pools = seen.pools_for(workload).several_hosts
    return (
        workload.replicas.value
        if seen.may_add_pools(workload)
        else (pools.number or workload.replicas.value)
    )
