"""A model config that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


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
