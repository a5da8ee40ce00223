"""Run the schema engine over a bundle; every problem becomes a finding of its rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stackgen.checks.composed import is_completed
from stackgen.checks.context import Context, identity
from stackgen.checks.schema.judge import judge_of
from stackgen.checks.schema.placeholder import asked, variable
from stackgen.checks.schema.types import type_remedy
from stackgen.facts.shape import texts
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.resource import Resource
from stackgen.rollout.applied import is_replaced

_OF_BASES = frozenset({"schema-missing-field", "schema-native", "schema-range", "schema-name"})


def check(context: Context) -> Iterable[Finding]:
    """Everything the API server of the release row would refuse in the bundle."""
    judge = judge_of(context)
    kinds = Counter(_kind(resource) for resource in context.bundle.objects)
    # The first object of each kind: its part of the work is the one that reports the kind.
    first = {_kind(one): one for one in reversed(context.bundle.objects)}
    for resource in context.shard.part(context.bundle.objects):
        before = None if is_replaced(resource) else context.previous.get(identity(resource))
        for problem in judge(resource.data, before):
            place = Place(resource=resource, path=problem.path, key=problem.key)
            value = problem.path[-1] if problem.key else resource.get(*problem.path)
            inside = texts(value) if problem.rule == "schema-cross-field" else ()
            later = variable(value) or ("" if problem.key else asked(value))
            later = later or next((v for _, text in inside if (v := variable(text))), "")
            if later:
                what = "is substituted later" if later != asked(value) else "has to be replaced"
                yield rule_named("schema-placeholder").finding(
                    f"{later} {what}; {problem.path[-1]} is not checked",
                    place,
                    severity=None if later != asked(value) else Severity.WARNING,
                )
                continue
            # What a base leaves out, an overlay of Kustomize adds.
            base = problem.rule in _OF_BASES and is_completed(context, resource)
            severity = None if problem.certain else Severity.WARNING
            severity = Severity.INFO if base else severity
            message = problem.message
            if problem.rule == "schema-unknown-kind" and not problem.certain:
                # That a kind is not known is one fact, of all its objects.
                more = kinds[_kind(resource)] - 1
                if first[_kind(resource)] is not resource:
                    continue
                message += f"; {more} more object{'s' * (more > 1)} of this kind" if more else ""
            wrong = problem.rule == "schema-wrong-type"
            remedy = type_remedy(problem.path, value, message) if wrong else ""
            yield rule_named(problem.rule).finding(message, place, severity=severity, remedy=remedy)


def _kind(resource: Resource) -> tuple[str, str]:
    return str(resource.get("apiVersion")), resource.kind
