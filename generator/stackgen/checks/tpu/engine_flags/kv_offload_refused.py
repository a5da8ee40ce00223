"""A KV cache in host memory or on disk that the engine does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.features import given, refused, supported, unknown
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Violations, violation
from stackgen.plan.engine_features import KV_OFFLOAD


def check(context: Context) -> Violations:
    """One finding for each reason."""
    for model, found in supported(context, KV_OFFLOAD):
        asked, name, plan = model.spec.kvOffload, model.spec.name.value, context.plan
        said, where = given(context, model, "kvOffload")
        disks = [one for one in (asked.storage, asked.claim) if one.value is not None]
        if len(disks) > 1:
            yield violation(
                f"{name} has both kvOffload.storage and kvOffload.claim: set one of them",
                place_of(context, asked.claim),
                place_of(context, asked.storage, note="the other"),
                remedy="Remove `kvOffload.storage` or `kvOffload.claim`.",
            )
        if said is not None and asked.memory.value is None:
            why = ": blocks go to disk through host memory" if disks else ""
            yield violation(
                f"{name} has kvOffload without memory{why}",
                place_of(context, disks[0]) if disks else where,
                remedy="Set `kvOffload.memory`, or remove `kvOffload`.",
            )
        if not disks and asked.memory.value is None:
            continue
        place = place_of(context, disks[0] if disks else asked.memory)
        since = found.row.data.get("storage_since", "") if disks else ""
        yield from refused(model, found, "kvOffload", place, since)
        yield from unknown(model, found, "kvOffload", place)
        if "module" not in found.row.data:
            if disks and (plan is None or model.by_preset is None or not model.by_preset.value):
                yield violation(
                    f"{name} has kvOffload on disk: only a preset of KServe starts a server "
                    "with disks",
                    place,
                    remedy="Keep `kvOffload.memory` alone, or use a release of KServe.",
                )
        elif model.server.hbm is None:
            lacking = ", ".join(model.server.size.missing)
            yield violation(
                f"{name} has kvOffload: the number of blocks follows from the size of the "
                f"model, which lacks {lacking}",
                place,
                remedy="Set `config` or `dimensions` on the model.",
            )
