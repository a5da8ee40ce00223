"""Too little memory of a TPU for the compiled programs, which are outside the engine's share."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import UTILIZATION, share_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation
from stackgen.plan.engine_memory import engine_memory

STEP = 0.01  # of the flag, in the remedy


def check(context: Context) -> Violations:
    """One finding for each server whose share leaves less than its programs take."""
    seen = view(context)
    for workload in seen.tpu_servers:
        devices, server, model = seen.devices(workload), workload.server, seen.model(workload)
        usable = devices.row.data.get("hbm_usable_gib") if devices is not None else None
        if devices is None or server is None or usable is None or not server.line.vllm:
            continue
        taken = engine_memory("tpu", server.image, seen.catalog).row
        least = taken.data.get("program_gib_per_device")
        share = share_of(workload, taken.data["utilisation"])
        if least is None or share is None:
            continue
        device = usable / devices.each
        own = model.row.data.get("program_gib_per_device") if model is not None else None
        needed, left = own or least, (1 - share) * device
        if left >= needed - STEP / 2:
            continue
        whose = f"{model.row.key} takes about" if own and model is not None else "served runs had"
        line = server.line
        flag = line.flags.get(UTILIZATION)
        wanted = int((1 - needed / device) / STEP) * STEP
        yield violation(
            f"a share of {share:g} leaves {max(left, 0):.2f} GiB of a device for compiled "
            f"programs; {whose} {needed:g} GiB{'' if own else ' or more'}",
            Place(workload.resource, flag.path if flag is not None else line.path),
            remedy=f"Set --{UTILIZATION}={wanted:.2f} or less.",
            confidence="medium" if own else None,
        )
