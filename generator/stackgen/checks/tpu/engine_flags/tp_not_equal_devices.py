"""Chips or GPUs that no part of the model uses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import counted_devices
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import counted


def check(context: Context) -> Violations:
    """One finding for each server that uses fewer devices than it has."""
    seen = view(context)
    for workload in seen.servers:
        (devices, count), server = counted_devices(seen, workload), workload.server
        if server is None or count is None:
            continue
        if not server.line.vllm or workload.part.endswith("worker"):
            continue
        used = split_of(workload).devices
        if used is None or used >= count:
            continue
        flag = server.line.flags.get("tensor-parallel-size")
        what, of = "GPUs of the Pod", ""
        if devices is not None and devices.unit != "GPU":
            what = f"devices of {devices.where}"
            if devices.each > 1:
                of = f" ({counted(devices.chips, 'chip')} of {devices.each})"
        yield violation(
            f"{workload.display_name} uses {used} of the {count} {what}{of}",
            Place(workload.resource, flag.path if flag else server.line.path),
        )
