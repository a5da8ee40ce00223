"""A pod that asks for a ConfigMap, Secret or key that is there under another name."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.checks.serving.provided import provided
from stackgen.facts.pod_references import Reference, references
from stackgen.facts.shape import as_dict, plain
from stackgen.findings.model import Finding, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.spelling import did_you_mean, nearest

RULE = rule_named(__name__)
_KINDS = ("ConfigMap", "Secret")
_DATA = ("data", "binaryData", "stringData")


@record
class Ref:
    """What a pod refers to."""

    pod: PodSpec
    to: Reference


def check(context: Context) -> Iterator[Finding]:
    """Keys that are not there, and names that are almost there."""
    there: dict[tuple[str, str, str], list[Resource]] = {}
    names: dict[tuple[str, str], set[str]] = {}
    for resource in context.bundle.objects:
        if resource.kind in _KINDS and not resource.group and resource.name:
            key = (resource.kind, resource.namespace, resource.name)
            there.setdefault(key, []).append(resource)
            names.setdefault((resource.kind, resource.namespace), set()).add(resource.name)
    refs = [Ref(pod, to) for pod in pod_specs(context) for to in references(pod.spec)]
    known = provided(context)
    for ref in refs:
        names.get((ref.to.kind, ref.pod.namespace), set()).discard(ref.to.name)
    for ref in refs:
        targets = there.get((ref.to.kind, ref.pod.namespace, ref.to.name))
        if targets:
            yield from _key(ref, targets)
            continue
        if known.has(ref.to.kind, ref.pod.namespace, ref.to.name):
            continue
        other = _alike(ref.to.name, names.get((ref.to.kind, ref.pod.namespace), set()))
        if other:
            yield RULE.finding(
                f"there is no {ref.to.kind} {ref.to.name}; nothing refers to {other}",
                ref.pod.place(*ref.to.path),
                severity=Severity.ERROR if known.whole else Severity.WARNING,
                confidence="medium",
            )
            continue
        near = known.elsewhere(ref.to.kind, ref.pod.namespace, ref.to.name, ref.pod.resource)
        severity = (
            Severity.WARNING
            if near
            else known.severity(ref.to.kind, ref.pod.namespace, ref.pod.resource)
        )
        if severity is not None and not (
            ref.to.path[-1] == "key" and ref.to.path[-3:-2] == ("items",)
        ):
            yield RULE.finding(
                f"nothing in the input provides {ref.to.kind} {ref.to.name} in namespace "
                f"{ref.pod.namespace or 'default'}{f'; {near}' if near else ''}",
                ref.pod.place(*ref.to.path),
                severity=severity,
                confidence="medium",
            )


def _key(ref: Ref, targets: list[Resource]) -> Iterator[Finding]:
    """targets: the objects of this name: several where the input has several sets of objects."""
    beside = [one for one in targets if one.file == ref.pod.resource.file]
    sets = [{str(k) for part in _DATA for k in as_dict(one.get(part))} for one in beside or targets]
    # A Secret without data is filled in from elsewhere.
    if ref.to.key and all(keys and ref.to.key not in keys for keys in sets) and plain(ref.to.key):
        hint = did_you_mean(ref.to.key, sorted(frozenset().union(*sets)))
        yield RULE.finding(
            f"{ref.to.kind} {ref.to.name} has no key {ref.to.key}{hint}",
            ref.pod.place(*ref.to.path),
        )


def _alike(name: str, others: set[str]) -> str:
    """The one of `others` that is nearly called `name`; empty when there is none."""
    for other in sorted(others):
        if other.endswith(f"-{name}") or name.endswith(f"-{other}"):
            return other
    # The same begin, to compare with few.
    found = nearest(name, (x for x in others if x[:3] == name[:3])) or ""
    return found if _same_words(name, found) else ""


def _same_words(one: str, other: str) -> bool:
    """Whether two names consist of the same words, each perhaps misspelled."""
    ours, theirs = one.split("-"), other.split("-")
    alike = all(nearest(a, (b,)) for a, b in zip(ours, theirs, strict=False))
    return len(ours) == len(theirs) and alike
