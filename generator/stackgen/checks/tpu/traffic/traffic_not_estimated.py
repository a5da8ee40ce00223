"""Traffic of which nothing can be said."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.traffic.under_load import every, load_of
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.plan.throughput.figures import limits_of

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each model whose throughput and latency are not known."""
    for model, found in every(context):
        if isinstance(found, str):
            slo = "the SLO is not checked" if limits_of(model.spec) else "replicas are not checked"
            yield RULE.finding(
                f"{model.spec.name.value}: throughput and latency are not known, {slo}: {found}",
                place_of(context, load_of(model.spec)),
            )
