"""GPUs that the machine does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.gpu_count_exceeds_node import COMPLETE
from stackgen.checks.tpu.view import View, view
from stackgen.facts.gpu_machines import machine_type
from stackgen.facts.pools import priorities
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, text
from stackgen.facts.workloads import ACCELERATOR, GPU_ACCELERATOR, INSTANCE_TYPE
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import counted, or_list


def check(context: Context) -> Violations:
    """One finding for each pool of GPUs whose machines are all known, and each Pod template."""
    seen = view(context)
    fixed = {
        machine_type(machine): label
        for label in COMPLETE
        if (row := seen.catalog.accelerator_of_label(label)) is not None
        for machine in seen.catalog.machines_of(row.key)
    }
    yield from _selected(seen)
    yield from _classes(seen)
    for pool in seen.gpu_pools:
        built = fixed.get(pool.machine_type)
        if built is not None and pool.gpu_label not in (built, "none", ""):
            yield violation(
                f"node pool {pool.name} requests {pool.gpu_label} on {pool.machine_type}, "
                f"which has {built}",
                pool.place("nodeConfig", "machineType"),
                pool.place("nodeConfig", "guestAccelerator", note="these GPUs"),
            )
            continue
        row = seen.catalog.accelerator_of_label(pool.gpu_label)
        if row is None or pool.gpu_label not in COMPLETE or pool.gpu_machine is not None:
            continue
        if not pool.machine_type:
            continue
        machines = seen.catalog.machines_of(row.key)
        having = [machine_type(m) for m in machines if m.data["gpus"] == pool.gpus]
        offered = f"{or_list(having)} has them" if having else "no machine type has this number"
        yield violation(
            f"node pool {pool.name} requests {pool.gpus} {pool.gpu_label} on "
            f"{pool.machine_type}; {offered}",
            pool.place("nodeConfig", "machineType"),
            pool.place("nodeConfig", "guestAccelerator", 0, "count", note="this number of GPUs"),
        )


def _classes(seen: View) -> Violations:
    """Priorities of ComputeClasses with a machine type that has another number of GPUs."""
    for resource in seen.classes.values():
        for path, rule in priorities(resource):
            count = whole(as_dict(rule.get("gpu")).get("count"))
            name = text(rule.get("machineType"))
            machine = seen.catalog.machine(name)
            row = (
                seen.catalog.accelerator(str(machine.data.get("accelerator"))) if machine else None
            )
            if machine is None or row is None or row.data["label"] not in COMPLETE:
                continue
            if count is not None and count != machine.data.get("gpus"):
                yield violation(
                    f"priority {int(path[-1]) + 1} of ComputeClass {resource.name} requests "
                    f"{counted(count, 'GPU')} on {name}, which has {machine.data.get('gpus')}",
                    Place(resource, (*path, "gpu", "count")),
                    impact="GKE creates no node for this priority.",
                    remedy="Set the number of GPUs that the machine type has, or a larger type.",
                )


def _selected(seen: View) -> Violations:
    """Pods that select a machine type with other accelerators than those which they select."""
    built = {
        machine_type(row): row.data["accelerator"]
        for row in seen.catalog.rows("machine")
        if row.data.get("accelerator") and "machine_type" not in row.data
    }
    for workload in seen.workloads:
        for key in (GPU_ACCELERATOR, ACCELERATOR):
            label, machine = workload.labels.get(key), workload.labels.get(INSTANCE_TYPE)
            if label is None or machine is None:
                continue
            rows = [seen.catalog.accelerator_of_label(value) for value in label.values]
            kinds = {row.key for row in rows if row is not None}
            has = {built.get(value) for value in machine.values}
            if len(kinds) == len(label.values) and None not in has and not kinds & has:
                one = seen.catalog.accelerator(str(next(iter(has))))
                shown = one.data["label"] if one is not None else next(iter(has))
                yield violation(
                    f"Pods select {key.rpartition('/')[2]} {', '.join(label.values)} and machine "
                    f"type {', '.join(machine.values)}, which has {shown}",
                    Place(workload.resource, machine.path),
                    Place(workload.resource, label.path, note="these accelerators"),
                )
