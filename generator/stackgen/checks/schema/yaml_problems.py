"""A manifest that kubectl cannot read, or reads otherwise than it looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Source, YamlProblem

RULE = rule_named("schema-yaml")

# What only the spec forbids: manifests may use aliases, and kubectl's own reading of scalars.
_SPEC_ONLY = {"yaml-alias", "yaml-ambiguous-scalar"}


def findings(problems: Iterable[tuple[Source, YamlProblem]]) -> Iterator[Finding]:
    """One finding for each problem of the YAML itself."""
    for source, problem in problems:
        if problem.rule in _SPEC_ONLY:
            continue
        places = [Place(file=source.name, text=source.text, mark=problem.mark)]
        if problem.other is not None:
            places.append(
                Place(file=source.name, text=source.text, mark=problem.other, note=problem.note)
            )
        yield RULE.finding(problem.message, *places)
