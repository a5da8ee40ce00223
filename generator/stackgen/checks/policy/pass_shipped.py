"""The shipped policies, run on every document and on the whole set."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stackgen.cache.seen import digest
from stackgen.cache.verdicts import Shelf, content_of_text
from stackgen.checks.composed import together
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

if TYPE_CHECKING:
    from stackgen.checks.policy.process import Running

NOT_EVALUATED = rule_named("policy-not-evaluated")
OF_NAMESPACE = "gitops-namespace-explicit"
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


_LIMITS = Limits()


@record
class _Begun:
    """What the policies say about each document, and the job about all of them together.

    process: it works on the job. on_set: the objects of the job. key: the hash of the job. said:
    the answer, of an earlier run on the same job.
    """

    findings: list[Finding]
    job: dict[str, Any] | None = None
    process: Running | None = None
    on_set: tuple[Resource, ...] = ()
    key: str = ""
    said: evaluate.Answer | None = None


def check(context: Context, limits: Limits | None = None) -> Iterator[Finding]:
    """Findings of the shipped policies: each document by itself, then all of them together."""
    begun = context.once(_begun) if limits is None else _begin(context, limits)
    yield from begun.findings
    if begun.job is not None:
        yield from _whole(begun, context)


def ahead(context: Context) -> Callable[[], None]:
    """Begin, so that another process works while other checks run. Returns what ends it."""
    process = context.once(_begun).process
    return process.stop if process is not None else lambda: None


def _begun(context: Context) -> _Begun:
    return _begin(context, _LIMITS)


def _begin(context: Context, limits: Limits) -> _Begun:
    resources: list[Resource] = []
    found: list[Finding] = []
    documents: list[dict[str, Any]] = []
    for resource in context.bundle.objects:
        if _is_of_flux(resource):
            continue
        try:
            text = json.dumps(resource.data)
        except (TypeError, ValueError, RecursionError) as error:
            found.append(_stopped(str(error), resource))
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
        found.append(NOT_EVALUATED.finding(f"policies on each document: {error}", Place()))
        told = []
    stopped = set()
    for index, answer in zip(mine, told, strict=False):
        resource = resources[index]
        if evaluate.STOPPED in answer:
            stopped.add(index)
            found.append(_stopped(answer[evaluate.STOPPED], resource))
            continue
        found += (
            finding(how, result, resource)
            for how, result in sorted_out(answer)
            if not _said_better(result)
            and (result["id"] != OF_NAMESPACE or not _is_given(context, resource))
        )
    if context.shard.has(0):
        judged = [index for index in range(len(documents)) if index not in stopped]
        read = [judged[i] for i in silent.of_set([resources[i] for i in judged])]
        some, those = [documents[i] for i in read], [resources[i] for i in read]
        policies = silent.on_set(those)
        if policies:
            job = {"data": data, "documents": some, "policies": policies}
            key = _key(job)
            said = _shelf_of_sets(context).get(key)
            if said:
                return _Begun(found, job, None, tuple(those), key, said[0])
            try:
                process = None if _is_small(job, limits) else _process("whole", job, limits)
                return _Begun(found, job, process, tuple(those), key)
            except PolicyError as error:
                found.append(_whole_stopped(str(error)))
    return _Begun(found)


def _is_given(context: Context, resource: Resource) -> bool:
    """Whether kustomizations give the object its namespace, as to a component of several."""
    world = together(context, resource) if not resource.namespace else None
    return world is not None and world.given


def _said_better(result: Mapping[str, Any]) -> bool:
    """Whether probe-port-name, which a cluster does not have, says the same with a hint."""
    return result["id"] == "avail-probes" and list(result.get("path", ()))[-1:] == ["port"]


def _shelf_of_sets(context: Context) -> Shelf:
    """What policies said of sets. All that it depends on beside the program is in the key."""
    return context.verdicts.shelf("policies on the set")


def _key(job: dict[str, Any]) -> str:
    basis = json.dumps([job["data"], *job["policies"]], sort_keys=True)
    each = (x for one in job["documents"] for x in (json.dumps(one["path"]), one["text"]))
    return digest(x.encode() for x in (basis, *each)).hex()


def _is_of_flux(resource: Resource) -> bool:
    """Whether `flux bootstrap` or `flux install` wrote the file, which users do not edit."""
    document = resource.document
    return document is not None and (
        os.path.basename(resource.file) == "gotk-components.yaml"
        or "generated by flux. DO NOT EDIT" in document.source.text[:200]
    )


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
    told = _asked({"data": data, "documents": rest}, limits) if rest else []
    for key, answer in zip(waiting, told, strict=True):
        for index in new[key]:
            answers[index] = forms[index].restored(answer)
        if evaluate.STOPPED not in answer:
            shelf.put(key, [answer])
    return answers


def _asked(job: dict[str, Any], limits: Limits) -> list[evaluate.Answer]:
    """The answers, of another process when there is much to judge. Raises PolicyError."""
    if _is_small(job, limits):
        return evaluate.each(job)
    found: list[evaluate.Answer] = _process("each", job, limits).result()
    return found


def _whole(begun: _Begun, context: Context) -> Iterator[Finding]:
    assert begun.job is not None
    answer = begun.said
    if answer is None:
        try:
            process = begun.process
            answer = evaluate.whole(begun.job) if process is None else process.result()
        except PolicyError as error:
            answer = {evaluate.STOPPED: str(error)}
        if evaluate.STOPPED in answer:
            yield _whole_stopped(answer[evaluate.STOPPED])
            return
        _shelf_of_sets(context).put(begun.key, [answer])
    for severity, result in sorted_out(answer):
        yield finding(severity, result, begun.on_set[result["object"]["index"]])


def _is_small(job: dict[str, Any], limits: Limits) -> bool:
    """Whether this process can evaluate the policies itself."""
    documents = job["documents"]
    size = sum(len(document["text"]) for document in documents)
    return len(documents) <= limits.documents and size <= limits.size


def _process(task: str, job: dict[str, Any], limits: Limits) -> Running:
    from stackgen.checks.policy import process

    return process.Running(task, job, limits.seconds, limits.memory)


def _whole_stopped(why: str) -> Finding:
    return NOT_EVALUATED.finding(f"policies on the whole set stopped: {why}", Place())


def _stopped(why: str, resource: Resource) -> Finding:
    return NOT_EVALUATED.finding(f"policies stopped: {why}", Place(resource=resource))


def finding(severity: Severity, result: Mapping[str, Any], resource: Resource) -> Finding:
    """What a result says, as a finding. `warn` lowers an error; header and result lower to info."""
    rule = rule_named(result["id"])
    if result.get("level") == "info":
        severity = Severity.INFO
    own = None if min(severity, rule.severity) == rule.severity else severity
    place = Place(resource=resource, path=tuple(result.get("path", ())))
    # A remedy of a policy is about stack.yaml; that of the page is also for manifests.
    remedy = result.get("remedy", "") if resource.document is None else ""
    return rule.finding(result["msg"], place, severity=own, remedy=remedy)
