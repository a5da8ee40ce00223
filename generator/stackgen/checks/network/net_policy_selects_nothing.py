"""A policy that acts on no pod."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.view import display_name, together, view
from stackgen.checks.serving.provided import provided
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each policy whose Pods do not exist."""
    seen, known = view(context), provided(context)
    for policy in seen.policies:
        if not policy.namespace or policy.namespace not in seen.known:
            continue
        wanted = policy.subject.pods
        if wanted is None or not wanted.requirements or seen.selected(policy):
            continue
        if known.composed(policy.resource) or not any(
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
