"""A model that the TPU backend's own tests do not pass."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Severity, Violations, violation

SAID = {
    "not-enough-hbm": ("does not fit the {} host of the backend's own tests", None),
    "untested": ("is listed as untested on {}", Severity.INFO),
}


def check(context: Context) -> Violations:
    """One finding for each v6e or tpu7x server of such a model; models not listed pass."""
    seen = view(context)
    for workload in seen.tpu_servers:
        model, generation = seen.model(workload), seen.target(workload).generation
        if model is None or generation is None:
            continue
        found = SAID.get(str(model.row.data.get(generation.key)))
        if found is not None:
            yield violation(
                f"{model.row.key} {found[0].format(generation.key)}",
                Place(workload.resource, model.path),
                severity=found[1],
            )
