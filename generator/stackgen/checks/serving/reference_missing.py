"""A reference to an object that nothing in the input provides."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.serving.provided import Provided, provided
from stackgen.checks.serving.route_backend_missing import speaks_of
from stackgen.checks.serving.view import services
from stackgen.facts.object_references import ObjectReference, of_object, of_pod_spec, table
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.resource import Resource
from stackgen.spelling import did_you_mean

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each name that is not there."""
    known = provided(context)
    for resource in context.bundle.objects:
        for ref in of_object(resource):
            # Other rules know more of what KServe makes, and of what scales its servers.
            if ref.kind in ("Service", "InferencePool") and speaks_of(context, ref):
                continue
            if ref.path[-2:] == ("scaleTargetRef", "name") and services(context):
                continue
            yield from _missing(known, ref, Place(resource, ref.path), resource)
    for pod in pod_specs(context):
        for ref in of_pod_spec(pod.spec, pod.namespace):
            yield from _missing(known, ref, pod.place(*ref.path), pod.resource)


def _missing(
    known: Provided, ref: ObjectReference, place: Place, by: Resource
) -> Iterator[Finding]:
    kinds = (ref.kind, *ref.others)
    spaces = {kind: "" if kind in table()["cluster"] else ref.namespace for kind in kinds}
    if any(known.has(kind, space, ref.name) for kind, space in spaces.items()):
        return
    near = known.elsewhere(ref.kind, ref.namespace, ref.name, by)
    severity = known.severity(ref.kind, ref.namespace, by)
    if severity is None and not near:
        return
    hint = (
        f"; {near}"
        if near
        else did_you_mean(ref.name, sorted(known.names(ref.kind, ref.namespace)))
    )
    where = f" in namespace {ref.namespace}" if ref.namespace else ""
    yield RULE.finding(
        f"nothing in the input provides {' or '.join(kinds)} {ref.name}{where}{hint}",
        place,
        severity=severity or Severity.WARNING,
        confidence="high" if known.whole else "medium",
    )
