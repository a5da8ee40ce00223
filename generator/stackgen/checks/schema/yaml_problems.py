"""A manifest that kubectl cannot read, or reads otherwise than it looks, and unread values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import all_rules, rule_named
from stackgen.manifest.document import Source, YamlProblem
from stackgen.manifest.yaml_errors import IGNORED_TAG, TEMPLATE

RULE = rule_named("schema-yaml")

# What only the spec forbids: manifests may use aliases, and kubectl's own reading of scalars.
_SPEC_ONLY = {"yaml-alias", "yaml-ambiguous-scalar"}


def findings(problems: Iterable[tuple[Source, YamlProblem]]) -> Iterator[Finding]:
    """One finding for each problem of the YAML itself, or that its reader finds in it."""
    for source, problem in problems:
        if problem.rule in _SPEC_ONLY:
            continue
        places = [Place(file=source.name, text=source.text, mark=problem.mark)]
        if problem.other is not None:
            places.append(
                Place(file=source.name, text=source.text, mark=problem.other, note=problem.note)
            )
        rule = all_rules().get(problem.rule, RULE)
        if rule.family == "spec":  # said of a manifest
            rule = RULE
        # Whatever renders a template, or reads a tag, may do so before it is applied.
        rendered = problem.message.startswith((TEMPLATE, IGNORED_TAG))
        severity = Severity.WARNING if rendered else None
        yield rule.finding(problem.message, *places, severity=severity)
