"""What the YAML of the spec does wrong, as its loader saw it: the rules `yaml-*`.

The loader finds it, so that a short module is all there is to do.
"""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.context import SpecContext
from stackgen.checks.spec import ambiguous
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named


def check(context: SpecContext) -> Iterable[Finding]:
    """One finding for each problem, with both places where there are two."""
    for source, problem in context.loaded.problems:
        places = [Place(file=source.name, text=source.text, mark=problem.mark)]
        if problem.other is not None:
            other = Place(file=source.name, text=source.text, mark=problem.other, note=problem.note)
            places.append(other)
        fix = ambiguous.fix(context.loaded, source, problem)
        yield rule_named(problem.rule).finding(problem.message, *places, fix=fix)
