"""Prefill or decode servers that the other role leaves idle."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.traffic.under_load import figures, load_of, shown
from stackgen.findings.model import Violations, violation

_FAR = 2  # times as many as the slow end of the range needs


def check(context: Context) -> Violations:
    """At most one finding for each model with prefill servers: the role with more to spare."""
    known = {model.spec.name.value: (model, found) for model, found in figures(context)}
    for model, decode in known.values():
        if model.prefill is None or model.prefill.spec.name.value not in known:
            continue
        half, prefill = known[model.prefill.spec.name.value]
        spare = []
        for role, one, found in (("prefill", half, prefill), ("decode", model, decode)):
            most = found.needed.high
            if most and one.fewest.value > _FAR * most:
                spare.append((one.fewest.value / most, role, one, found))
        for _, role, one, found in sorted(spare, key=lambda each: -each[0])[:1]:
            numbers = f"{half.fewest.value} prefill and {model.fewest.value} decode servers"
            field = "replicas" if one.scaling is None else "autoscaling.min"
            least = one.spec.replicas if one.scaling is None else one.spec.autoscaling.min
            yield violation(
                f"{model.spec.name.value} has {numbers}; the traffic needs "
                f"{shown(prefill.needed)} and {shown(decode.needed)}: most {role} servers are idle",
                place_of(context, least),
                place_of(context, load_of(model.spec), note="the traffic"),
                remedy=f"Set `{'prefill.' if role == 'prefill' else ''}{field}: "
                f"{found.needed.value.value:g}`.",
            )
