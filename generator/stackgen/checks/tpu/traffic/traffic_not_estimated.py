"""Traffic of which nothing can be said."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.traffic.under_load import every, load_of
from stackgen.findings.model import Violations, violation
from stackgen.spec.traffic import percentiles


def check(context: Context) -> Violations:
    """One finding for each model whose throughput and latency are not known."""
    for model, found in every(context):
        if isinstance(found, str):
            slo = model.spec.slo
            limits = (*percentiles(slo.ttft), *percentiles(slo.tpot))
            has_slo = any(limit.value is not None for limit in limits)
            unchecked = "the SLO is not checked" if has_slo else "replicas are not checked"
            yield violation(
                f"{model.spec.name.value}: throughput and latency are not known, "
                f"{unchecked}: {found}",
                place_of(context, load_of(model.spec)),
            )
