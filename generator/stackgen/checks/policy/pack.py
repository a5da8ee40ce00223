"""The shipped policies, run on every document and on the whole set."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from stackgen import paths
from stackgen.checks.context import Context
from stackgen.checks.policy import headers
from stackgen.checks.policy.engine import Engine, PolicyError
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.manifest.resource import Resource

ENTRY_POINTS = (("data.main.deny", Severity.ERROR), ("data.main.warn", Severity.WARNING))

NOT_EVALUATED = Rule(
    id="policy-not-evaluated",
    family="policy",
    severity=Severity.ERROR,
    summary="A policy could not be evaluated.",
    impact="Nothing is known about what the policy guards against, so it counts as a failure.",
    remedy="Mend the policy, or the document whose shape it did not expect.",
    source="stackgen",
    bad="deny contains msg if { msg := undefined_function(input) }",
    good='deny contains msg if { msg := sprintf("%v", [input.kind]) }',
)


def sources() -> list[tuple[str, str]]:
    """Name and text of every shipped policy and library, tests left out."""
    names = (*headers.libraries(), *headers.files())
    return [(name, _text(name)) for name in names]


def _text(name: str) -> str:
    with open(paths.policies(*name.split("/")), encoding="utf-8") as stream:
        return stream.read()


@lru_cache(maxsize=4)
def _engine(thread: int) -> Engine:
    """One engine a thread: regorus engines may not travel between threads."""
    return Engine(sources())


def facts(context: Context) -> dict[str, Any]:
    """`data.*` of the shipped policies: the release row and the cluster profile."""
    return {"stackgen": {"release": context.release, "profile": dict(context.profile)}}


def check(context: Context) -> Iterator[Finding]:
    """Findings of the shipped policies: each document by itself, then all of them together."""
    engine = _engine(threading.get_ident())
    engine.give_data(facts(context))
    judged: list[Resource] = []
    for resource in context.bundle.objects:
        try:
            engine.give_input(resource.data)
            results = _results(engine)
        except PolicyError as error:
            yield NOT_EVALUATED.finding(f"policies stopped: {error}", Place(resource=resource))
            continue
        judged.append(resource)
        for severity, result in results:
            yield finding(severity, result, resource)
    if judged:
        yield from _whole(engine, judged)


def _whole(engine: Engine, resources: list[Resource]) -> Iterator[Finding]:
    combined = [{"path": r.file, "contents": r.data} for r in resources]
    try:
        engine.give_input(combined)
        results = _results(engine)
    except PolicyError as error:
        yield NOT_EVALUATED.finding(f"policies on the whole set stopped: {error}", Place())
        return
    for severity, result in results:
        yield finding(severity, result, resources[result["object"]["index"]])


def _results(engine: Engine) -> list[tuple[Severity, Mapping[str, Any]]]:
    return [
        (severity, result) for rule, severity in ENTRY_POINTS for result in engine.value(rule) or ()
    ]


def finding(severity: Severity, result: Mapping[str, Any], resource: Resource) -> Finding:
    """What a result says, as a finding. `warn` lowers an error; the header lowers it to info."""
    rule = headers.policy(result["id"]).rule
    own = None if min(severity, rule.severity) == rule.severity else severity
    place = Place(resource=resource, path=tuple(result.get("path", ())))
    return rule.finding(result["msg"], place, severity=own)


def rules() -> tuple[Rule, ...]:
    """Every shipped policy as a rule, sorted by id."""
    return (*(p.rule for p in policies()), NOT_EVALUATED)


def policies() -> tuple[headers.Policy, ...]:
    """Every shipped policy, sorted by id."""
    return tuple(headers.policy(name.removesuffix(".rego")) for name in headers.files())


def unanswered(profile: Mapping[str, Any]) -> Iterable[tuple[Rule, str]]:
    """The policies that found nothing because the profile lacks what they need, and that key."""
    return [(p.rule, p.needs) for p in policies() if p.needs and p.needs not in profile]
