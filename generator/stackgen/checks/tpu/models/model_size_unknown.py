"""A model whose fit cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each model without the sizes that the fit needs."""
    if context.plan is None or context.loaded is None:
        return
    for model in context.plan.models:
        missing = model.server.size.missing
        if missing:
            yield RULE.finding(
                f"{model.spec.name.value}: memory fit not checked: the model is not in the "
                "catalogue; missing "
                f"{', '.join(missing)}",
                place_of(context, model.spec.model),
            )
