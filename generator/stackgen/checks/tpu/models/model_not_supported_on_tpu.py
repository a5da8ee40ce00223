"""A model that the TPU backend's own tests do not pass."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


SAID = {
    "not-enough-hbm": ("does not fit the {} host of the backend's own tests", None),
    "untested": ("is listed as untested on {}", Severity.INFO),
}


def check(context: Context) -> Iterator[Finding]:
    """One finding for each v6e or tpu7x server of such a model; models not listed pass."""
    seen = view(context)
    for workload in seen.tpu_servers:
        model, generation = seen.model(workload), seen.target(workload).generation
        if model is None or generation is None:
            continue
        found = SAID.get(str(model.row.data.get(generation.key)))
        if found is not None:
            yield RULE.finding(
                f"{model.row.key} {found[0].format(generation.key)}",
                Place(workload.resource, model.path),
                severity=found[1],
            )
