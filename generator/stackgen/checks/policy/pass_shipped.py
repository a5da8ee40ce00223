"""The shipped policies, run on every document and on the whole set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.policy.engine import Engine, PolicyError
from stackgen.checks.policy.pack import Engines, Results, evaluate, sorted_out
from stackgen.checks.policy.profile import facts
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.resource import Resource

NOT_EVALUATED = rule_named("policy-not-evaluated")
# Documents in one evaluation.
TOGETHER = 50


def check(context: Context) -> Iterator[Finding]:
    """Findings of the shipped policies: each document by itself, then all of them together."""
    objects = context.bundle.objects
    engines = Engines(facts(context), frozenset(resource.kind for resource in objects))
    told = _each(engines, objects)
    judged: list[Resource] = []
    for index, resource in enumerate(objects):
        answer = told[index]
        if isinstance(answer, PolicyError):
            yield NOT_EVALUATED.finding(f"policies stopped: {answer}", Place(resource=resource))
            continue
        judged.append(resource)
        for severity, result in answer:
            yield finding(severity, result, resource)
    if judged:
        yield from _whole(engines, judged)


def _each(engines: Engines, objects: Sequence[Resource]) -> dict[int, Results | PolicyError]:
    """What the policies say about each document by itself, by its index.

    Documents that the same policies judge go to their engine by the dozen: half of an evaluation is
    its beginning. One that stops a policy would take the others with it, so they are then asked
    about one by one.
    """
    waiting: dict[Engine, list[int]] = {}
    for index, resource in enumerate(objects):
        waiting.setdefault(engines.for_document(resource.kind), []).append(index)
    told: dict[int, Results | PolicyError] = {}
    for engine, indexes in waiting.items():
        for start in range(0, len(indexes), TOGETHER):
            some = indexes[start : start + TOGETHER]
            told.update(zip(some, _of_some(engine, [objects[i].data for i in some]), strict=True))
    return told


def _of_some(engine: Engine, documents: list[Any]) -> list[Results | PolicyError]:
    try:
        engine.give_input(documents)
        return [sorted_out(results) for results in engine.value("data.entry.each")]
    except PolicyError:
        return [_of_one(engine, document) for document in documents]


def _of_one(engine: Engine, document: Any) -> Results | PolicyError:
    try:
        return evaluate(engine, document)
    except PolicyError as error:
        return error


def _whole(engines: Engines, resources: list[Resource]) -> Iterator[Finding]:
    combined = [{"path": r.file, "contents": r.data} for r in resources]
    try:
        results = evaluate(engines.for_set(), combined)
    except PolicyError as error:
        yield NOT_EVALUATED.finding(f"policies on the whole set stopped: {error}", Place())
        return
    for severity, result in results:
        yield finding(severity, result, resources[result["object"]["index"]])


def finding(severity: Severity, result: Mapping[str, Any], resource: Resource) -> Finding:
    """What a result says, as a finding. `warn` lowers an error; the header lowers it to info."""
    rule = rule_named(result["id"])
    own = None if min(severity, rule.severity) == rule.severity else severity
    place = Place(resource=resource, path=tuple(result.get("path", ())))
    return rule.finding(result["msg"], place, severity=own)
