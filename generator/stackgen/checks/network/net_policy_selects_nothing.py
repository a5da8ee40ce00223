"""A policy that acts on no pod."""

from __future__ import annotations

from stackgen.checks.composed import gives_label, is_composed
from stackgen.checks.composed import together as set_of
from stackgen.checks.context import Context
from stackgen.checks.network.view import display_name, together, view
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import Selector

_MANAGER = "app.kubernetes.io/managed-by"


def check(context: Context) -> Violations:
    """One finding for each policy whose Pods do not exist."""
    seen = view(context)
    for policy in seen.policies:
        wanted = policy.subject.pods
        if not policy.namespace or wanted is None:
            continue
        if policy.namespace not in seen.known and not seen.shows(policy.namespace, _labels(wanted)):
            continue
        if not wanted.requirements or seen.selected(policy):
            continue
        if "operator" in _labels(wanted).get(_MANAGER, ""):
            continue  # it makes the Pods
        if _is_changed(context, policy.resource, wanted) or not any(
            pod.resource is not None and together(policy.resource, pod.resource)
            for pod in seen.pods_in[policy.namespace]
        ):
            continue
        # Pods that fit are in another namespace: net-policy-wrong-namespace speaks of that.
        if any(wanted.matches(pod.labels) for pod in seen.labelled.candidates("*", wanted)):
            continue
        yield violation(
            f"{display_name(policy.resource)} selects no pod: none in {policy.namespace} "
            f"has {wanted}",
            Place(policy.resource, ("spec", "podSelector"), key=True),
        )


def _labels(wanted: Selector) -> dict[str, str]:
    """The labels that Pods need, as far as one value is asked."""
    return {
        r.key: next(iter(r.values))
        for r in wanted.requirements
        if r.operator == "In" and len(r.values) == 1
    }


def _is_changed(context: Context, policy: Resource, wanted: Selector) -> bool:
    """Whether Kustomize may bring Pods with the labels, or change what the policy selects."""
    world = set_of(context, policy)
    if world is None:
        return is_composed(context, policy)
    return world.open or any(gives_label(context, policy, r.key) for r in wanted.requirements)
