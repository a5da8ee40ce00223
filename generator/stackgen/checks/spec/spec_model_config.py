"""A model config that cannot be used."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Place, Violations, violation


def check(context: SpecContext) -> Violations:
    """One finding for each config that has a problem."""
    for path, model in context.items("serving", "models"):
        name = model.get("config")
        config = context.loaded.configs.get(name) if isinstance(name, str) else None
        if config is None or not config.problem:
            continue
        here = context.place(*path, "config")
        if config.problem_mark is None:
            yield violation(config.problem, here)
        else:
            source = config.source
            there = Place(file=source.name, text=source.text, mark=config.problem_mark)
            yield violation(config.problem, there, here)
