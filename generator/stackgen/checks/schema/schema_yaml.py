"""A manifest that kubectl cannot read, or reads otherwise than it looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.manifest.document import Source, YamlProblem

RULE = Rule(
    id="schema-yaml",
    family="schema",
    severity=Severity.ERROR,
    summary="The manifest is not YAML that kubectl can read.",
    impact="kubectl, Flux and Argo CD refuse the whole file.",
    remedy="Mend the line; editors show the same place.",
    source="kubectl apply with strict field validation refuses duplicate keys",
    bad="metadata: {name: a, name: b}",
    good="metadata: {name: a}",
)

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
