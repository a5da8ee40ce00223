"""More GPUs than any machine has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import GPU, GPU_ACCELERATOR
from stackgen.findings.model import Place, Violations, violation

# Types whose machines the catalog lists up to the largest. (T4s are added to plain machines, and
# of the A100 with 40 GB there is a machine with 16.)
COMPLETE = ("nvidia-l4", "nvidia-a100-80gb", "nvidia-h100-80gb", "nvidia-h200-141gb")


def check(context: Context) -> Violations:
    """One finding for each Pod template that no machine of the type can hold."""
    seen = view(context)
    for workload in seen.workloads:
        label = workload.label(GPU_ACCELERATOR)
        asks = [c for c in workload.containers if not c.init and c.amount_path(GPU)]
        row = seen.catalog.accelerator_of_label(label) if label and asks else None
        if row is None or row.data["kind"] != "gpu" or label not in COMPLETE:
            continue
        most = max((m.data["gpus"] for m in seen.catalog.machines_of(row.key)), default=0)
        amounts = [c.amount(GPU) or 0 for c in asks]
        if most and sum(amounts) > most:
            yield violation(
                f"{workload.display_name} requests {sum(amounts)} GPUs; a machine with {label} "
                "has at "
                f"most {most}",
                Place(workload.resource, asks[0].amount_path(GPU) or ()),
            )
