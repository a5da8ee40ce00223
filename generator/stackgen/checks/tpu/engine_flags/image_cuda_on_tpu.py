"""An image for another accelerator."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.images import image_row
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import GPU, TPU
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each container whose image and accelerator differ."""
    seen = view(context)
    for workload in seen.workloads:
        for container in workload.containers:
            wanted = "tpu" if container.amount_path(TPU) else "gpu"
            if container.init or not (container.amount_path(TPU) or container.amount_path(GPU)):
                continue
            row = image_row(seen.catalog, container.image)
            made = row.data.get("accelerator") if row is not None else None
            if made is not None and made != wanted:
                path = container.amount_path(TPU) or container.amount_path(GPU) or ()
                yield violation(
                    f"{container.image} is for {made.upper()}s; the container requests a "
                    + wanted.upper(),
                    container.place("image"),
                    Place(workload.resource, path, key=True, note="requested here"),
                )
