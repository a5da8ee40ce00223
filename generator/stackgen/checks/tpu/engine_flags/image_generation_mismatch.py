"""An image that does not know the TPU generation."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.images import image_row
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import ACCELERATOR
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
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
            yield RULE.finding(
                f"{container.image.rpartition('/')[2]} supports {', '.join(has)}, not "
                f"{generation.key}",
                container.place("image"),
                Place(workload.resource, workload.labels[ACCELERATOR].path, note="the TPU"),
                severity=None if sure else Severity.WARNING,
                confidence=None if sure else "medium",
            )
