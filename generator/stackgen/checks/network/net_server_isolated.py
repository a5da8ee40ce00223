"""A server that no client may reach."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.closed import needs
from stackgen.checks.network.view import View, display_name, together
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.model import Pod
from stackgen.net.selectors import Requirement, Selector


def check(context: Context) -> Violations:
    """One finding for each Service whose Pods are all closed."""
    known = needs(context)
    seen = known.seen
    for service in context.bundle.of_kind("Service", ""):
        selector = _selector(service)
        if selector is None:
            continue
        space = service.namespace or "default"
        pods = [x for x in seen.labelled.candidates(space, selector) if selector.matches(x.labels)]
        if any(known.closed_at(pod, "ingress") for pod in pods):
            continue  # net-flow-closed says who cannot reach them
        if pods and all(_closed(seen, pod) for pod in pods):
            policies = seen.net.acting("ingress", pods[0])
            owner = pods[0].resource
            if owner is not None and not together(policies[0].resource, owner):
                continue
            yield violation(
                f"no rule allows ingress to {pods[0].name}, the backend of Service "
                f"{display_name(service)}",
                Place(policies[0].resource, ("spec",), key=True),
                Place(service, ("spec", "selector"), key=True, note="the Service of these Pods"),
            )


def _closed(seen: View, pod: Pod) -> bool:
    policies = seen.net.acting("ingress", pod)
    none = all(x.tier == "network" and not x.ingress for x in policies)
    return bool(policies) and none and not pod.host_network


def _selector(service: Resource) -> Selector | None:
    labels = service.get("spec", "selector")
    if not isinstance(labels, dict) or not labels:
        return None
    return Selector(
        tuple(Requirement(str(k), "In", frozenset({str(v)})) for k, v in labels.items())
    )
