"""The shipped policies, run on every document and on the whole set."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.cache.verdicts import content_of_text
from stackgen.checks.context import Context
from stackgen.checks.policy import evaluate, silent
from stackgen.checks.policy.engine import PolicyError
from stackgen.checks.policy.forms import form_of
from stackgen.checks.policy.pack import sorted_out
from stackgen.checks.policy.profile import facts
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.resource import Resource
from stackgen.record import record

NOT_EVALUATED = rule_named("policy-not-evaluated")
NOTHING: evaluate.Answer = {"deny": [], "warn": []}


@record
class Limits:
    """What is evaluated in this process, and how long what is more may take in another.

    documents, size: the most in this process, as a number and as characters of JSON. They take
    about 10 s at worst. seconds, memory: for each of two evaluations, of the documents one by one
    and as a set. docs/reliability.md tells users the same figures.
    """

    documents: int = 1000
    size: int = 2 * 2**20
    seconds: float = 50
    memory: int = 2 * 2**30


def check(context: Context, limits: Limits = Limits()) -> Iterator[Finding]:  # noqa: B008
    """Findings of the shipped policies: each document by itself, then all of them together."""
    resources: list[Resource] = []
    documents: list[dict[str, Any]] = []
    for resource in context.bundle.objects:
        try:
            text = json.dumps(resource.data)
        except (TypeError, ValueError, RecursionError) as error:
            yield _stopped(str(error), resource)
            continue
        resources.append(resource)
        documents.append({"path": resource.file, "text": text})
    data = facts(context)
    mine = context.shard.part(range(len(documents)))
    some = [documents[i] for i in mine]
    try:
        told = _each(data, some, [resources[i] for i in mine], context, limits)
    except PolicyError as error:
        # Documents that took too long one by one may still be judged as a set.
        yield NOT_EVALUATED.finding(f"policies on each document: {error}", Place())
        told = []
    stopped = set()
    for index, answer in zip(mine, told, strict=False):
        resource = resources[index]
        if evaluate.STOPPED in answer:
            stopped.add(index)
            yield _stopped(answer[evaluate.STOPPED], resource)
            continue
        for severity, result in sorted_out(answer):
            yield finding(severity, result, resource)
    if context.shard.has(0):
        judged = [index for index in range(len(documents)) if index not in stopped]
        read = [judged[i] for i in silent.of_set([resources[i] for i in judged])]
        some, those = [documents[i] for i in read], [resources[i] for i in read]
        policies = silent.on_set(those)
        if policies:
            of_set = {"data": data, "documents": some, "policies": policies}
            yield from _whole(of_set, those, limits)


def _each(
    data: dict[str, Any], documents: list[dict[str, Any]], objects: list[Resource],
    context: Context, limits: Limits,
) -> list[evaluate.Answer]:  # fmt: skip
    """What the policies say about each document, said before or now. Raises PolicyError."""
    shelf = context.verdicts.shelf("policy", json.dumps(data, sort_keys=True))
    answers = [NOTHING] * len(objects)
    # Objects that differ in names only are asked about once: the places of each.
    new: dict[str, list[int]] = {}
    forms = []
    for index, (resource, document) in enumerate(zip(objects, documents, strict=True)):
        form = form_of(resource.kind, resource.data, document["text"])
        forms.append(form)
        key = content_of_text(form.text)
        known = shelf.get(key)
        if known:
            answers[index] = form.restored(known[0])
        elif known is None:
            new.setdefault(key, []).append(index)
    first = [indexes[0] for indexes in new.values()]
    asked = [(objects[i].kind, objects[i].data, documents[i]["text"]) for i in first]
    rest, waiting = [], []
    for key, i, files in zip(new, first, silent.speaking(asked, data), strict=True):
        if files:
            rest.append({"text": forms[i].text, "policies": sorted(files)})
            waiting.append(key)
        else:
            shelf.put(key, [])
    told = _ask("each", {"data": data, "documents": rest}, limits) if rest else []
    for key, answer in zip(waiting, told, strict=True):
        for index in new[key]:
            answers[index] = forms[index].restored(answer)
        if evaluate.STOPPED not in answer:
            shelf.put(key, [answer])
    return answers


def _whole(job: dict[str, Any], resources: list[Resource], limits: Limits) -> Iterator[Finding]:
    try:
        answer = _ask("whole", job, limits)
    except PolicyError as error:
        answer = {evaluate.STOPPED: str(error)}
    if evaluate.STOPPED in answer:
        message = f"policies on the whole set stopped: {answer[evaluate.STOPPED]}"
        yield NOT_EVALUATED.finding(message, Place())
        return
    for severity, result in sorted_out(answer):
        yield finding(severity, result, resources[result["object"]["index"]])


def _ask(task: str, job: dict[str, Any], limits: Limits) -> Any:
    """The answer, of another process when there is much to judge. Raises PolicyError."""
    documents = job["documents"]
    size = sum(len(document["text"]) for document in documents)
    if len(documents) <= limits.documents and size <= limits.size:
        return evaluate.each(job) if task == "each" else evaluate.whole(job)
    from stackgen.checks.policy import process

    return process.run(task, job, limits.seconds, limits.memory)


def _stopped(why: str, resource: Resource) -> Finding:
    return NOT_EVALUATED.finding(f"policies stopped: {why}", Place(resource=resource))


def finding(severity: Severity, result: Mapping[str, Any], resource: Resource) -> Finding:
    """What a result says, as a finding. `warn` lowers an error; the header lowers it to info."""
    rule = rule_named(result["id"])
    own = None if min(severity, rule.severity) == rule.severity else severity
    place = Place(resource=resource, path=tuple(result.get("path", ())))
    # A remedy of a policy is about stack.yaml; that of the page is also for manifests.
    remedy = result.get("remedy", "") if resource.document is None else ""
    return rule.finding(result["msg"], place, severity=own, remedy=remedy)
