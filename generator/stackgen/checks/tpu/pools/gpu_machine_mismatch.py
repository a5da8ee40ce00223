"""GPUs that the machine does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.gpu_count_exceeds_node import COMPLETE
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import or_list
from stackgen.facts.gpu_machines import machine_type
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each pool; of GPUs whose machines the catalog lists in full."""
    seen = view(context)
    fixed = {
        machine_type(machine): label
        for label in COMPLETE
        if (row := seen.catalog.accelerator_of_label(label)) is not None
        for machine in seen.catalog.machines_of(row.key)
    }
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
