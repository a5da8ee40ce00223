"""The objects that pages of Markdown show: fields that the API does not have.

They are no part of the set, so no other rule reads them. What a page leaves out is not missing, and
what it proposes does not exist yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.checks.context import Context
from stackgen.checks.schema.judge import judge_of
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_RULE = "schema-unknown-field"
_PROPOSALS = "designs?|proposals?|rfcs?|keps?|geps?|adrs?|plans?|spikes?|enhancements?"
_PROPOSED = regex(rf"(?i)(?:\A|[/_.-])(?:{_PROPOSALS})[/_.-]")
# What stands for a part that a page leaves out, and what a program adds to an object.
_LEFT_OUT = ("...", "…")
_ADDED = ("sops", "status")
_IMPACT = "A reader who applies this gets an error, or an object without the setting."


def findings(context: Context, shown: Sequence[Resource]) -> Iterator[Finding]:
    """One finding for each field."""
    judge = judge_of(context)
    told = (one for one in shown if not _PROPOSED.search(one.file))
    for resource in context.shard.part(tuple(told)):
        problems = [one for one in judge(resource.data) if one.rule == _RULE]
        if any(part in _LEFT_OUT for one in problems for part in one.path):
            continue
        for problem in problems:
            if problem.certain and not problem.foreign and problem.path[0] not in _ADDED:
                yield rule_named(_RULE).finding(
                    problem.message,
                    Place(resource=resource, path=problem.path, key=problem.key),
                    severity=Severity.WARNING,
                    impact=_IMPACT,
                )
