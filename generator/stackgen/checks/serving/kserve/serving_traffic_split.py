"""Groups and weights of routes that the admission webhook refuses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, as_list
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """Judged where the release has groups of routes."""
    for service in services(context, "route.group"):
        router = as_dict(service.spec.get("router"))
        route = as_dict(router.get("route"))
        group, weight = route.get("group"), route.get("weight")
        where = ("spec", "router", "route")
        if not group and weight is None:
            continue
        given = "group" if group else "weight"
        if weight is not None and not group:
            yield violation(
                "weight is set but group is not", service.place(*where, "weight", key=True)
            )
        elif group and weight is None:
            yield violation(
                "group is set but weight is not", service.place(*where, "group", key=True)
            )
        if isinstance(router.get("ingress"), dict):
            yield violation(
                "traffic cannot be split with an Ingress",
                service.place(*where, given, key=True),
                service.place("spec", "router", "ingress", key=True, note="the Ingress"),
            )
        if as_list(as_dict(route.get("http")).get("refs")):
            yield violation(
                "traffic cannot be split between your own routes",
                service.place(*where, given, key=True),
                service.place(*where, "http", "refs", key=True, note="your own"),
            )
