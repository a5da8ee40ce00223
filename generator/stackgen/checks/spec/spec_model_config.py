"""A model config that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="spec-model-config",
    family="spec",
    severity=Severity.ERROR,
    summary="The config.json that a model names cannot be read, or does not tell the model's size.",
    impact="Whether the model fits its TPUs would not be known.",
    remedy="Put the model's config.json into the repository and name it, or give `dimensions`.",
    source="Hugging Face transformers: config.json",
    bad="config: ../elsewhere/config.json",
    good="config: models/qwen.config.json",
)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each config that has a problem."""
    for path, model in context.items("serving", "models"):
        name = model.get("config")
        config = context.loaded.configs.get(name) if isinstance(name, str) else None
        if config is None or not config.problem:
            continue
        here = context.place(*path, "config")
        if config.problem_mark is None:
            yield RULE.finding(config.problem, here)
        else:
            source = config.source
            there = Place(file=source.name, text=source.text, mark=config.problem_mark)
            yield RULE.finding(config.problem, there, here)
