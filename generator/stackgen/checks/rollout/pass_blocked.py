"""What never becomes ready, as findings: the rule is that of the cause."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.rollout.view import simulated
from stackgen.checks.serving.scaling.quota_exceeded import exceeded
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import all_rules, rule_named
from stackgen.manifest.resource import Resource
from stackgen.rollout.model import Blocked, Step, Unmet, key_of
from stackgen.rollout.rollout import Simulated
from stackgen.rollout.words import held_text, said

FAMILY = "rollout"
# By what comes too late.
_LATE = {
    "Namespace": "rollout-namespace-late",
    "CustomResourceDefinition": "rollout-definition-late",
    "Secret": "rollout-secret-late",
    "ConfigMap": "rollout-secret-late",
}


def check(context: Context) -> Iterator[Finding]:
    """One finding for each cause."""
    whole = context.plan is not None or context.complete
    before = frozenset(_charts_of_helmfiles(context))
    for found in simulated(context):
        yield from _blocked(context, found, before, whole=whole)


def _said(context: Context, blocked: Blocked) -> str:
    """The sentence, with the amounts if the quota never suffices."""
    quota = blocked.cause.need.target
    for one in exceeded(context) if blocked.cause.need.kind == "quota" else ():
        holder = one.places[0].resource
        sure = one.severity is not Severity.WARNING
        if sure and holder is not None and key_of(holder) == quota:
            return f"{key_of(blocked.cause.resource)} never becomes ready: {one.message}"
    return said(blocked)


def _charts_of_helmfiles(context: Context) -> Iterator[str]:
    """The charts that helmfiles of the input install, which is before any delivery engine runs."""
    names = set()
    for one in context.bundle.settings:
        for _, release in maps(one.get("releases")):
            yield text(release.get("chart")).rpartition("/")[2]
            names.add(text(release.get("name")))
    yield from names
    # The chart may come from a template, and be that of the release which goes on with it.
    for values in chart_values(context.bundle) if names else ():
        if values.by.kind == "HelmRelease" and values.by.name in names:
            yield values.chart


def _blocked(
    context: Context, found: Simulated, before: frozenset[str], *, whole: bool
) -> Iterator[Finding]:
    steps = {one.step.name: one.step for one in found.rollout.moments}
    blocked_by_policies = [
        one for one in (found.later.blocked if found.later is not None else ())
        if one.cause.need.flow is not None
    ]  # fmt: skip
    applied = {key_of(one) for step in steps.values() for one in step.applies}
    roots = {s.resource.namespace for s in steps.values() if key_of(s.resource) not in applied}
    # What is closed on the first installation is closed afterwards as well.
    others = [one for one in found.rollout.blocked if one.cause.need.flow is None]
    for blocked in (*others, *blocked_by_policies):
        installers = found.order.kinds.controller(blocked.cause.need.controller)
        if any(one.get("chart") in before for one in installers.get("installed_by", ())):
            continue
        needed = blocked.cause.need.target
        if needed is not None and needed.kind == "Namespace" and needed.name in roots:
            continue  # the delivery begins with objects in it
        name = rule_of(blocked.cause)
        rule = all_rules().get(name)
        if rule is not None and rule.family == FAMILY:
            message = _said(context, blocked) + held_text(blocked)
            # The definitions of a controller are often installed before, by something else.
            elsewhere = blocked.cause.need.kind == "controller" and not whole
            severity = Severity.WARNING if elsewhere else None
            places = _places(blocked, steps)
            yield rule_named(name).finding(message, *places, severity=severity)


def rule_of(cause: Unmet) -> str:
    """The rule that is about a cause; empty where another family finds it."""
    need = cause.need
    if need.rule:
        return need.rule
    if need.flow is not None:
        # What no policy opens at the end either is a finding of the network.
        return "rollout-flow-closed" if cause.step else ""
    if need.kind == "controller":
        return "rollout-definition-late"
    kind = need.target.kind if need.target is not None else ""
    return _LATE.get(kind, "rollout-deadlock") if cause.why == "later" else "rollout-deadlock"


def _places(blocked: Blocked, steps: dict[str, Step]) -> Iterator[Place]:
    """The object that is never ready; what comes too late, and the order of its step."""
    cause = blocked.cause
    yield Place(cause.resource, cause.need.path or ("metadata", "name"))
    if cause.by is not None:
        yield Place(cause.by, ("metadata", "name"), note="comes later")
    later = steps.get(cause.step)
    if later is not None and later.after:
        yield Place(later.resource, order_path(later.resource, later), note="the order")


def order_path(resource: Resource, step: Step) -> tuple[str | int, ...]:
    """Where the delivery object says what the step comes after."""
    if step.path:
        return step.path
    depends = ("spec", "dependsOn")
    return depends if resource.get(*depends) is not None else ("metadata", "name")
