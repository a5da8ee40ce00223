"""A Pod that asks for a ConfigMap, Secret or key that is there under another name."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.checks.serving.provided import Provided, provided
from stackgen.facts.object_references import Reference, references
from stackgen.facts.shape import plain
from stackgen.findings.model import Violations, violation
from stackgen.spelling import did_you_mean


def check(context: Context) -> Violations:
    """Keys that do not exist, and objects that do not exist."""
    known = provided(context)
    told: set[tuple[object, ...]] = set()
    for pod in pod_specs(context):
        for to in references(pod.spec):
            there = known.has(to.kind, pod.namespace, to.name)
            key = (id(pod.resource), to.kind, to.name, to.key if there else "")
            if key in told:
                continue
            told.add(key)
            if there:
                yield from _key(known, pod, to)
            else:
                yield from _object(known, pod, to)


def _key(known: Provided, pod: PodSpec, to: Reference) -> Violations:
    sets = known.keys(to.kind, pod.namespace, to.name, pod.resource) if to.key else []
    if sets and all(to.key not in keys for keys in sets) and plain(to.key):
        hint = did_you_mean(to.key, sorted(frozenset().union(*sets)))
        yield violation(f"{to.kind} {to.name} has no key {to.key}{hint}", pod.place(*to.path))


def _object(known: Provided, pod: PodSpec, to: Reference) -> Violations:
    found = known.missing(to.kind, pod.namespace, to.name, pod.resource)
    if found is not None:
        severity, hint = found
        where = pod.namespace or "default"
        yield violation(
            f"nothing in the input provides {to.kind} {to.name} in namespace {where}{hint}",
            pod.place(*to.path),
            severity=severity,
            confidence="medium",
        )
