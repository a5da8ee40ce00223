"""A group with more or fewer Pods than the slice has hosts."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.workloads import TOPOLOGY, Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import counted

SUBGROUP_SIZE = ("spec", "leaderWorkerTemplate", "subGroupPolicy", "subGroupSize")


def check(context: Context) -> Violations:
    """One finding for each group whose size is not the number of hosts."""
    seen = view(context)
    said: set[int] = set()
    for workload in seen.tpu:
        target, size = seen.target(workload), workload.size
        if not workload.grouped or size.value is None or not target.hosts:
            continue
        hosts = size.value - (1 if _leader_elsewhere(workload, seen.tpu) else 0)
        if workload.label(TOPOLOGY) is None or _slices(workload, hosts, target.hosts):
            continue
        # Several slices of one host each may form a group, but not of Ray: its webhook counts.
        alone = target.hosts == 1 and workload.resource.group != "ray.io"
        if alone or id(workload.resource) in said:
            continue
        said.add(id(workload.resource))
        yield violation(
            f"{workload.display_name} has groups of {counted(size.value, 'Pod')}; "
            f"{target.topology} has {counted(target.hosts, 'host')} of "
            f"{target.shape.per_host if target.shape else 0} chips",
            Place(workload.resource, size.path),
            Place(workload.resource, workload.labels[TOPOLOGY].path, note="the slice"),
        )


def _leader_elsewhere(workload: Workload, tpu: tuple[Workload, ...]) -> bool:
    """Whether the group has a leader that requests no chips, and so is no host of the slice."""
    parts = {template.part for template in pod_templates(workload.resource)}
    ours = [other for other in tpu if other.resource is workload.resource]
    return "leader" in parts and all(other.part != "leader" for other in ours)


def _slices(workload: Workload, size: int, hosts: int) -> bool:
    """The size fits; a plain Job, or a group with subgroups, may also hold several slices."""
    several = workload.resource.kind == "Job" or workload.resource.get(*SUBGROUP_SIZE) == hosts
    return size == hosts or (several and size % hosts == 0)
