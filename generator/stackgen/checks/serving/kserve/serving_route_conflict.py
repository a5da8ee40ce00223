"""Parts of the router that exclude each other."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, view
from stackgen.facts.shape import as_dict, as_list
from stackgen.findings.model import Violation, Violations, violation
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve import webhook
from stackgen.platforms.kserve.release import Controller

RULE = rule_named(__name__)


def check(context: Context) -> Violations:
    """Routes by reference beside a described or managed one; gateways named twice."""
    for service in view(context).services:
        router = as_dict(service.spec.get("router"))
        http = as_dict(as_dict(router.get("route")).get("http"))
        gateway = router.get("gateway")
        refs = as_list(http.get("refs"))
        where = ("spec", "router", "route", "http")
        if refs and isinstance(http.get("spec"), dict):
            yield violation(
                "the route has both refs and a spec",
                service.place(*where, "refs", key=True),
                service.place(*where, "spec", key=True, note="the managed one"),
            )
        if refs and isinstance(gateway, dict) and not as_list(gateway.get("refs")):
            yield violation(
                "your own routes cannot be used with a managed gateway: set gateway.refs, or "
                "remove gateway",
                service.place("spec", "router", "gateway", key=True),
                service.place(*where, "refs", key=True, note="routes of your own"),
            )
        yield from view(context).in_releases(RULE, _parents, service)


def _parents(service: Service, controller: Controller) -> Violation | None:
    router = as_dict(service.spec.get("router"))
    old = controller.strict_parents or service.resource.version == "v1alpha1"
    if not webhook.other_parents(router, service.namespace, strict=old):
        return None
    how = "are set too" if old else "name other gateways"
    return violation(
        f"gateway.refs is set, and the parentRefs of the route {how}",
        service.place("spec", "router", "route", "http", "spec", "parentRefs", key=True),
        service.place("spec", "router", "gateway", "refs", key=True, note="the gateways"),
    )
