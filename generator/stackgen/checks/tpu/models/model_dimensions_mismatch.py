"""Dimensions in the spec that the catalog knows to be others."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Violations, violation
from stackgen.plan.dimensions import FIELDS, model_id

_ROUNDED = 0.05  # parameters are often told rounded: 3B for 3.09e9


def check(context: Context) -> Violations:
    """One finding for each dimension that differs."""
    if context.plan is None or context.loaded is None:
        return
    catalog = context.catalog.copy()
    for model in context.plan.models:
        row = catalog.model(model_id(model.spec.model.value))
        if row is None:
            continue
        for name, field in FIELDS.items():
            said = getattr(model.spec.dimensions, name)
            known = row.data.get(field)
            if said.value is None or known is None or _same(name, said.value, known):
                continue
            yield violation(
                f"{row.key} has {field.replace('_', ' ')} {known}, the spec says {said.value} "
                f"({row.source})",
                place_of(context, said),
                place_of(context, model.spec.model, note=f"{known} in the catalog"),
            )


def _same(name: str, said: float, known: float) -> bool:
    if name == "params":
        return abs(said - known) <= _ROUNDED * known
    return said == known
