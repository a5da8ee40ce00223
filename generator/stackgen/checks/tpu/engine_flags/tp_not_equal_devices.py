"""Chips or GPUs that no part of the model uses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each server that uses fewer devices than it has."""
    seen = view(context)
    for workload in seen.servers:
        devices, split, server = seen.devices(workload), split_of(workload), workload.server
        if server is None or devices is None:
            continue
        if not server.line.vllm or workload.part.endswith("worker"):
            continue
        used = split.devices
        if used is None or used >= devices.count:
            continue
        flag = server.line.flags.get("tensor-parallel-size")
        of = f" ({counted(devices.chips, 'chip')} of {devices.each})" if devices.each > 1 else ""
        what = "GPUs of the pod" if devices.unit == "GPU" else f"devices of {devices.where}"
        yield violation(
            f"{workload.display_name} uses {used} of the {devices.count} {what}{of}",
            Place(workload.resource, flag.path if flag else server.line.path),
        )
