"""An image that does not know the TPU generation."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.images import image_row
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import ACCELERATOR
from stackgen.findings.model import Place, Severity, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each known image on a generation it does not have."""
    seen = view(context)
    for workload in seen.tpu:
        generation = seen.target(workload).generation
        for container in workload.tpu_containers if generation else ():
            row = image_row(seen.catalog, container.image)
            has = row.data.get("generations") if row is not None else None
            if row is None or generation is None or not has or generation.key in has:
                continue
            sure = row.mark("generations") == "VERIFIED"
            yield violation(
                f"{container.image.rpartition('/')[2]} supports {', '.join(has)}, not "
                f"{generation.key}",
                container.place("image"),
                Place(workload.resource, workload.labels[ACCELERATOR].path, note="the TPU"),
                severity=None if sure else Severity.WARNING,
                confidence=None if sure else "medium",
            )
