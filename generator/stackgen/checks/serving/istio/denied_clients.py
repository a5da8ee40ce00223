"""AuthorizationPolicies that deny a waypoint, or a Prometheus that is outside of the mesh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, Pods
from stackgen.checks.serving.istio.allowed_sources import allows, covers, is_anonymous
from stackgen.checks.serving.istio.scrapes import scrapes
from stackgen.checks.serving.istio.waypoints import carries, reads_requests, waypoint_of
from stackgen.checks.serving.mesh import have_sidecar, in_ambient, past_proxy
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_PRINCIPAL = regex(r"[\w.-]+/ns/([a-z0-9-]+)/sa/([a-z0-9.-]+)\Z")


def denied_waypoints(context: Context, links: Chain, policies: list[Resource]) -> Violations:
    """Policies for Pods that allow their clients, whose requests come from the waypoint instead."""
    told: set[int] = set()
    for service in links.of("Service", ""):
        waypoint = waypoint_of(context, service.resource)
        chosen = as_dict(service.get("spec", "selector"))
        if waypoint is None or not carries(waypoint, "service") or not chosen:
            continue
        for pods in links.selected(service.namespace, chosen):
            here = [one for one in policies if covers(one, pods)]
            if not here or id(here[0]) in told or not in_ambient(context, pods):
                continue
            if any(map(reads_requests, here)):
                continue  # `istio-waypoint-missing` speaks of these
            where = (waypoint.namespace, waypoint.name)
            allowed = any(allows(one, *where, [], exact=True) for one in here)
            client = next((x for one in here for x in _clients(context, links, one)), None)
            if not allowed and client is not None:
                told.add(id(here[0]))
                yield violation(
                    f"AuthorizationPolicy {here[0].name} allows {client}, whose requests to "
                    f"Service {service.name} come to {pods.owner.name} from waypoint "
                    f"{waypoint.name}, which it does not allow",
                    Place(here[0], ("spec", "rules"), key=True),
                    service.place("metadata", "name", note="the Service"),
                )


def _clients(context: Context, links: Chain, policy: Resource) -> Iterator[str]:
    """The accounts that a policy allows of Pods in ambient mode, whose requests take waypoints."""
    for _, rule in maps(policy.get("spec", "rules")):
        for _, source in maps(rule.get("from")):
            for one in as_list(as_dict(source.get("source")).get("principals")):
                found = _PRINCIPAL.match(text(one))
                for pods in links.pods.get(found[1], ()) if found else ():
                    account = pods.spec.get("serviceAccountName") or "default"
                    if found and account == found[2] and in_ambient(context, pods):
                        yield f"ServiceAccount {found[2]}"


def denied_scrapes(context: Context, policies: list[Resource]) -> Violations:
    """Policies whose rules ask for an identity, which a Prometheus outside of the mesh has not."""
    told: set[int] = set()
    for who, target, to in scrapes(context):
        path = text(target.endpoint.get("path")) or "/metrics"
        for pods, port in to:
            if port is None or not _is_judged(context, pods, port):
                continue
            here = [one for one in policies if covers(one, pods)]
            rules = [rule for one in here for _, rule in maps(one.get("spec", "rules"))]
            if not here or id(here[0]) in told or not plain(path):
                continue
            if in_ambient(context, pods) and any(map(reads_requests, here)):
                continue
            if not any(_may_allow(rule, port, path) for rule in rules):
                told.add(id(here[0]))
                yield violation(
                    f"AuthorizationPolicy {here[0].name} allows no request to {visible(path)} at "
                    f"port {port} of {pods.owner.name} without an identity of the mesh, and {who}",
                    Place(here[0], ("spec", "rules"), key=True),
                    Place(target.resource, target.path, note="the scrape"),
                    severity=Severity.WARNING,
                )


def _is_judged(context: Context, pods: Pods, port: int) -> bool:
    """Whether the input says that a proxy of the mesh judges the requests to a port of the Pods."""
    return in_ambient(context, pods) or (
        have_sidecar(context, pods) and not past_proxy(context, pods, port)
    )


def _may_allow(rule: Mapping[str, Any], port: int, path: str) -> bool:
    """Whether a rule may allow a request for a path from a client without an identity."""
    sources = [as_dict(one.get("source")) for _, one in maps(rule.get("from"))]
    if sources and not any(map(is_anonymous, sources)):
        return False
    asked = [as_dict(one.get("operation")) for _, one in maps(rule.get("to"))]
    return not asked or any(_is_meant(one, port, path) for one in asked)


def _is_meant(operation: Mapping[str, Any], port: int, path: str) -> bool:
    ports, paths = as_list(operation.get("ports")), as_list(operation.get("paths"))
    methods = as_list(operation.get("methods"))
    if ports and str(port) not in map(str, ports):
        return False
    if methods and not {"GET", "*"} & set(map(str, methods)):
        return False
    return not paths or any("{" in str(x) or fnmatchcase(path, str(x)) for x in paths)
