"""Speculative decoding that the engine does not do, or that lacks a field."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.features import refused, supported, unknown
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Violations, violation
from stackgen.plan.dimensions import model_id
from stackgen.plan.engine_features import SPECULATIVE
from stackgen.plan.model import ModelPlan


def check(context: Context) -> Violations:
    """One finding for each reason."""
    for model, found in supported(context, SPECULATIVE):
        asked, name = model.spec.speculative, model.spec.name.value
        given = [one for one in (asked.method, asked.model, asked.tokens, asked.params)
                 if one.value is not None]  # fmt: skip
        missing = [
            field for field, one in (("method", asked.method), ("tokens", asked.tokens))
            if one.value is None
        ]  # fmt: skip
        if given and missing:
            yield violation(
                f"{name} has speculative without {' and '.join(missing)}",
                place_of(context, given[0]),
            )
        if asked.method.value is None or missing:
            continue
        facts = found.row.data["methods"][asked.method.value]
        place = place_of(context, asked.method)
        for why in refused(model, found, facts["since"]):
            yield violation(f"{name} has speculative: {why}", place)
        yield from unknown(model, found, "speculative", place, facts["since"])
        draft = asked.model.value
        base = model_id(model.spec.model.value)
        own = tuple(facts.get("with", ()))
        listed = context.catalog.copy().model(base) is not None
        if own and draft is None and listed and not base.startswith(own):
            yield violation(
                f"{base} has no layers that predict tokens, and no draft is given", place
            )
        if facts["draft"] == "needed" and draft is None:
            yield violation(f"{name}: the method {asked.method.value} needs a draft model", place)
        if facts["draft"] == "none" and (draft is not None or asked.params.value is not None):
            yield violation(
                f"{name}: the method {asked.method.value} has no draft model",
                place_of(context, asked.model if draft is not None else asked.params),
            )
        if draft is not None:
            yield from _draft(context, model, draft)


def _draft(context: Context, model: ModelPlan, draft: str) -> Violations:
    row = context.catalog.copy().row("companion", model_id(draft))
    base, asked = model_id(model.spec.model.value), model.spec.speculative
    if row is None:
        return
    kind = row.data["kind"]
    if kind != asked.method.value:
        what = "an adapter" if kind == "adapter" else f"a draft of the method {kind}"
        yield violation(
            f"{row.key} is {what}, not of {asked.method.value}",
            place_of(context, asked.model),
            place_of(context, asked.method, note="the method"),
        )
    elif base not in row.data["base"]:
        yield violation(
            f"{row.key} is a draft of {', '.join(row.data['base'])}, not of {base}",
            place_of(context, asked.model),
            place_of(context, model.spec.model, note="the model"),
        )
