"""Speculative decoding that the engine does not do, or that lacks a field."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.features import given, refused, supported, unknown
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Severity, Violations, violation
from stackgen.plan.dimensions import model_id
from stackgen.plan.engine_features import SPECULATIVE
from stackgen.plan.model import ModelPlan


def check(context: Context) -> Violations:
    """One finding for each reason."""
    for model, found in supported(context, SPECULATIVE):
        asked, name = model.spec.speculative, model.spec.name.value
        said, where = given(context, model, "speculative")
        missing = [
            field for field, one in (("method", asked.method), ("tokens", asked.tokens))
            if one.value is None
        ]  # fmt: skip
        if said is not None and missing:
            fields = (asked.method, asked.model, asked.tokens, asked.params)
            first = next((one for one in fields if one.value is not None), None)
            some = " and ".join(f"`speculative.{field}`" for field in missing)
            yield violation(
                f"{name} has speculative without {' and '.join(missing)}",
                where if first is None else place_of(context, first),
                remedy=f"Set {some}, or remove `speculative`.",
            )
        if asked.method.value is None or missing:
            continue
        facts = found.row.data["methods"][asked.method.value]
        place = place_of(context, asked.method)
        yield from refused(model, found, "speculative", place, facts["since"])
        yield from unknown(model, found, "speculative", place, facts["since"])
        draft = asked.model.value
        base = context.catalog.copy().current_id(model_id(model.spec.model.value))
        own = tuple(facts.get("with", ()))
        listed = context.catalog.copy().model(base) is not None
        if own and draft is None and listed and not base.startswith(own):
            yield violation(
                f"{base} has no layers that predict tokens, and no draft model is set",
                place,
                remedy="Set `speculative.model` to a draft of this model.",
            )
        if facts["draft"] == "needed" and draft is None:
            yield violation(
                f"{name}: the method {asked.method.value} needs a draft model",
                place,
                remedy="Set `speculative.model` to a draft of this model.",
            )
        if facts["draft"] == "none" and (draft is not None or asked.params.value is not None):
            yield violation(
                f"{name}: the method {asked.method.value} has no draft model",
                place_of(context, asked.model if draft is not None else asked.params),
                remedy=f"Remove `speculative.{'params' if draft is None else 'model'}`.",
            )
        if draft is not None:
            yield from _draft(context, model, draft)
            yield from _size(context, model)


def _draft(context: Context, model: ModelPlan, draft: str) -> Violations:
    catalog, asked = context.catalog.copy(), model.spec.speculative
    row = catalog.row("companion", model_id(draft))
    base = catalog.current_id(model_id(model.spec.model.value))
    if row is None:
        return
    kind = row.data["kind"]
    if kind != asked.method.value:
        what = "an adapter" if kind == "adapter" else f"a draft of the method {kind}"
        yield violation(
            f"{row.key} is {what}, not of {asked.method.value}",
            place_of(context, asked.model),
            place_of(context, asked.method, note="the method"),
            remedy=f"Set `speculative.model` to a draft of {base} for this method.",
        )
    elif base not in row.data["base"]:
        yield violation(
            f"{row.key} is a draft of {', '.join(row.data['base'])}, not of {base}",
            place_of(context, asked.model),
            place_of(context, model.spec.model, note="the model"),
            remedy=f"Set `speculative.model` to a draft of {base} for this method.",
        )


def _size(context: Context, model: ModelPlan) -> Violations:
    """A note where the size of the draft model is assumed, or not counted."""
    draft, asked = model.server.draft, model.spec.speculative
    if draft is None or draft.sized:
        return
    name, counted = model_id(str(asked.model.value)), draft.gib
    what = "it is not counted" if counted is None else f"{counted.value:.2f} GiB are assumed"
    yield violation(
        f"the size of the draft model {name} is not known; {what}",
        place_of(context, asked.model),
        severity=Severity.WARNING if counted is None else Severity.INFO,
        impact="A larger draft leaves less memory for the KV cache, or does not fit.",
        remedy="Set `speculative.params: N`, the number of parameters of the draft model.",
    )
