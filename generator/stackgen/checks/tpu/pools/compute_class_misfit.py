"""A priority of a ComputeClass with TPU nodes that cannot run the Pods that select the class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.facts.hardware import bounds_of_hosts, shapes
from stackgen.facts.pools import priorities
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, plain, text
from stackgen.facts.workloads import ACCELERATOR, COMPUTE_CLASS, GPU, TOPOLOGY, Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.wording import counted

_HOSTS, _CHIPS = "TPU_HOST_BOUNDS", "TPU_CHIPS_PER_HOST_BOUNDS"


def check(context: Context) -> Violations:
    """One finding for each priority and workload; a warning where another priority fits."""
    seen = view(context)
    yield from _gpus(seen)
    planned = context.plan.pools if context.plan is not None else ()
    # Of these, fallback-misfit says it at the line of the spec.
    own = {pool.spec.name.value for pool in planned if pool.fallback}
    for workload in seen.tpu:
        resource = seen.compute_class(workload)
        given = resource is not None and resource.name not in own
        rules = list(priorities(resource)) if resource is not None and given else []
        rules = [(path, rule) for path, rule in rules if _meant(workload, rule)]
        wrong = {path: found for path, rule in rules if (found := _misfit(seen, workload, rule))}
        for path, (field, said) in wrong.items():
            if any(_uses(seen, other, resource, path) for other in seen.tpu):
                continue
            assert resource is not None
            yield violation(
                f"{workload.display_name} cannot use priority {int(path[-1]) + 1} of ComputeClass "
                f"{resource.name}: {said}",
                Place(resource, (*path, "tpu", field)),
                Place(workload.resource, workload.labels[COMPUTE_CLASS].path, note="selects it"),
                severity=None if len(wrong) == len(rules) else Severity.WARNING,
            )


def _gpus(seen: View) -> Violations:
    """Pods that request more GPUs than a node of any priority with GPUs has."""
    for workload in seen.workloads:
        resource = seen.compute_class(workload)
        asks = [c for c in workload.containers if not c.init and c.amount_path(GPU)]
        wanted = sum(c.amount(GPU) or 0 for c in asks)
        rules = [rule for _, rule in priorities(resource)] if resource is not None else []
        counts = [whole(as_dict(rule.get("gpu")).get("count")) for rule in rules]
        if resource is None or not counts or any(count is None for count in counts):
            continue
        most = max(count or 0 for count in counts)
        if wanted > most:
            yield violation(
                f"{workload.display_name} requests {counted(wanted, 'GPU')}, and no priority of "
                f"ComputeClass {resource.name} has a node with more than {most}",
                Place(workload.resource, asks[0].amount_path(GPU) or ()),
                Place(resource, ("spec", "priorities")),
            )


def _meant(workload: Workload, rule: dict[str, Any]) -> bool:
    """The Pods select no other nodes: a class may have nodes for several workloads."""
    tpu = as_dict(rule.get("tpu"))
    return all(
        workload.label(label) in (None, text(tpu.get(field)))
        for label, field in ((ACCELERATOR, "type"), (TOPOLOGY, "topology"))
    )


def _uses(seen: View, other: Workload, resource: Resource | None, path: Path) -> bool:
    """Whether the priority is for Pods of another workload."""
    if resource is None or seen.compute_class(other) is not resource:
        return False
    rule = dict(priorities(resource))[path]
    return _meant(other, rule) and _misfit(seen, other, rule) is None


def _misfit(seen: View, workload: Workload, rule: dict[str, Any]) -> tuple[str, str] | None:
    """The field of `tpu` that does not fit, and why; None where nothing surely does not."""
    tpu = as_dict(rule.get("tpu"))
    count, topology = whole(tpu.get("count")), text(tpu.get("topology"))
    chips = workload.chips
    if count is not None and chips is not None and count != chips:
        return "count", f"a Pod requests {counted(chips, 'chip')}, and a node has {count}"
    row = seen.catalog.accelerator_of_label(text(tpu.get("type")))
    found = [s for s in shapes(seen.catalog, row, topology) if s.per_host == count] if row else []
    if row is None or len(found) != 1 or count is None:
        return None
    hosts, size = found[0].hosts, workload.size.value
    if not workload.grouped and hosts > 1 and workload.resource.kind == "Deployment":
        return "topology", f"a slice {topology} has {hosts} hosts, and each Pod is alone"
    if workload.grouped and size is not None and hosts > 1 and size % hosts:
        pods = counted(size, "Pod")
        return "topology", f"a slice {topology} has {hosts} hosts, and a group {pods}"
    devices = count * int(row.data["jax_devices_per_chip"])
    server = workload.server
    tensor = server.line.number("tensor-parallel-size") if server is not None else None
    if tensor is not None and tensor > devices * hosts:
        return "type", f"--tensor-parallel-size={tensor}, and it has {devices * hosts} devices"
    return next(_bounds(workload, row.data["chips_per_host_bounds"], count, topology), None)


def _bounds(
    workload: Workload, table: dict[str, list[int]], count: int, topology: str
) -> Iterator[tuple[str, str]]:
    """Variables of the topology that a container sets itself."""
    chips = table.get(str(count))
    if chips is None:
        return
    its = {_CHIPS: chips, _HOSTS: bounds_of_hosts(topology, chips)}
    for container in workload.tpu_containers:
        for name, bounds in its.items():
            wanted, given = ",".join(map(str, bounds)), container.variable(name)
            if given is not None and plain(given) and given != wanted:
                yield "topology", f"{name} is {given} in the Pods, and {wanted} there"
