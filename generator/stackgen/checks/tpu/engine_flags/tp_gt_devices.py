"""More devices than the slice has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import Devices
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each server that asks for too many."""
    seen = view(context)
    for workload in seen.servers:
        devices, split, server = seen.devices(workload), split_of(workload), workload.server
        if server is None or devices is None:
            continue
        used = split.devices or split.tensor
        # The Pods of a Job may be servers of their own; those of other groups are one server.
        apart = workload.grouped and workload.resource.kind != "LeaderWorkerSet"
        if used is None or used <= devices.count or (devices.unit == "GPU" and apart):
            continue
        flag = server.line.flags.get("tensor-parallel-size")
        yield violation(
            f"{workload.display_name} spreads the model over {used} devices; {_has(devices)}",
            Place(workload.resource, flag.path if flag else server.line.path),
        )


def _has(devices: Devices) -> str:
    if devices.unit == "GPU":
        return f"its Pods request {counted(devices.chips, 'GPU')}"
    return f"{devices.where} has {devices.count}"
