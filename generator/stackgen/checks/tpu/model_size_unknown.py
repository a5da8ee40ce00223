"""A model whose fit cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="model-size-unknown",
    family="tpu",
    severity=Severity.WARNING,
    summary="Nobody says how large the model is, so its fit was not checked.",
    impact="It may not load, or be split in a way its heads do not allow: a restart for ever.",
    remedy="Name its config.json (`config`), give `dimensions`, or add a row to "
    "catalog/models.yaml.",
    source="models.yaml",
    bad="model: pvc://models/ours",
    good="model: pvc://models/ours\nconfig: models/ours.config.json",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each model without the sizes that the fit needs."""
    if context.plan is None or context.loaded is None:
        return
    for model in context.plan.models:
        missing = model.server.size.missing
        if missing:
            yield RULE.finding(
                f"{model.spec.name.value}: whether it fits was not checked; nobody says its "
                f"{', '.join(missing)}",
                place_of(context, model.spec.model),
            )
