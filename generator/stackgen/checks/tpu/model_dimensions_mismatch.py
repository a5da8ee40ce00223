"""Dimensions in the spec that the catalogue knows to be others."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.plan.dimensions import FIELDS
from stackgen.plan.server import model_id

RULE = Rule(
    id="model-dimensions-mismatch",
    family="tpu",
    severity=Severity.WARNING,
    summary="A dimension in the spec differs from what the catalogue knows of the model.",
    impact="Fit, parallelism and memory are reckoned for another model than the one that runs.",
    remedy="Remove the dimension, or mend it; for a variant of the model under its own address.",
    source="models.yaml",
    bad="model: hf://Qwen/Qwen2.5-3B-Instruct\ndimensions: {kvHeads: 16}",
    good="model: hf://Qwen/Qwen2.5-3B-Instruct",
)
_ROUNDED = 0.05  # parameters are often told rounded: 3B for 3.09e9


def check(context: Context) -> Iterator[Finding]:
    """One finding for each dimension that differs."""
    if context.plan is None or context.loaded is None:
        return
    catalog = (context.catalog or Catalog()).copy()
    for model in context.plan.models:
        row = catalog.model(model_id(model.spec.model.value))
        if row is None:
            continue
        for name, field in FIELDS.items():
            said = getattr(model.spec.dimensions, name)
            known = row.data.get(field)
            if said.value is None or known is None or _same(name, said.value, known):
                continue
            yield RULE.finding(
                f"{row.key} has {field.replace('_', ' ')} {known}, the spec says {said.value} "
                f"({row.source})",
                place_of(context, said),
                place_of(context, model.spec.model, note=f"{known} in the catalogue"),
            )


def _same(name: str, said: float, known: float) -> bool:
    if name == "params":
        return abs(said - known) <= _ROUNDED * known
    return said == known
