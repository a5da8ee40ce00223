"""A request of a script to a host or a path that no route of the input serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, ApiObject, chain
from stackgen.checks.serving.mesh import NETWORKING
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.spelling import close, did_you_mean

_KSERVE = "serving.kserve.io"
_FORMS = ("PathPrefix", "Exact")


def check(context: Context) -> Violations:
    """One finding for each host, and for each path."""
    calls = [one for one in context.bundle.outside if one.kind == "Call"]
    if not calls:
        return
    routes = [x for x in chain(context).routes if x.kind == "HTTPRoute"]
    others = set(_others(context))
    exact = {host for route in routes for host in _hosts(route)} | others
    told: set[tuple[str, str]] = set()
    for call in calls:
        url = urlsplit(text(call.get("spec", "url")))
        host, path = url.hostname or "", url.path or "/"
        if not plain(url.netloc + path) or (host, path) in told:
            continue
        told.add((host, path))
        serving = [one for one in routes if any(_fits(host, x) for x in _hosts(one))]
        if serving and not any(_fits(host, one) for one in others):
            if not any(_matches(rule, path) for one in serving for rule in _rules(one)):
                yield violation(
                    f"no rule of {serving[0].kind} {serving[0].name} matches the path "
                    f"{visible(path)} of {visible(host)}",
                    Place(call, ("spec", "url")),
                    serving[0].place("spec", "rules", key=True, note="its rules"),
                )
        elif not serving and _is_meant(context, host, path, exact):
            yield violation(
                f"no route or gateway of the input serves {visible(host)}"
                f"{did_you_mean(host, sorted(exact))}",
                Place(call, ("spec", "url")),
                severity=Severity.WARNING,
                confidence="medium",
            )


def _hosts(route: ApiObject) -> list[str]:
    return [text(one) for one in as_list(route.get("spec", "hostnames"))]


def _rules(route: ApiObject) -> Iterator[dict[str, Any]]:
    for _, rule in maps(route.get("spec", "rules")):
        yield rule


def _matches(rule: dict[str, Any], path: str) -> bool:
    """Whether a rule may match a path; true where its form is not followed."""
    found = [as_dict(one.get("path")) for _, one in maps(rule.get("matches"))]
    for one in found:
        value, form = text(one.get("value")) or "/", one.get("type", "PathPrefix")
        if form not in _FORMS or not plain(value):
            return True
        prefix = value.rstrip("/")
        if path == value or (form == "PathPrefix" and f"{path}/".startswith(f"{prefix}/")):
            return True
    return not found


def _fits(host: str, pattern: str) -> bool:
    """Whether a hostname, perhaps `*.DOMAIN`, is that of the host."""
    return host == pattern or (pattern.startswith("*") and host.endswith(pattern[1:]))


def _others(context: Context) -> Iterator[str]:
    """The hostnames that other objects than HTTPRoutes serve."""
    for one in context.bundle.of_kind("VirtualService", NETWORKING):
        yield from map(text, as_list(one.get("spec", "hosts")))
    for one in context.bundle.of_kind("Gateway", NETWORKING):
        for _, server in maps(one.get("spec", "servers")):
            yield from (text(host).rpartition("/")[2] for host in as_list(server.get("hosts")))
    for kind in ("Ingress", "GRPCRoute", "TLSRoute"):
        for one in context.bundle.of_kind(kind):
            yield from map(text, as_list(one.get("spec", "hostnames")))
            for _, rule in maps(one.get("spec", "rules")):
                yield text(rule.get("host"))


def _is_meant(context: Context, host: str, path: str, exact: set[str]) -> bool:
    """Whether a host that nothing serves is one of the domain of those that are served."""
    known = {one for one in exact if "." in one and "*" not in one and plain(one)}
    if not known or any(_fits(host, one) for one in exact):
        return False
    near = host.partition(".")[2] in {one.partition(".")[2] for one in known}
    api = path.startswith("/v1/") or bool(close(host, known))
    return near and api and not _is_named(context, host)


def _is_named(context: Context, host: str) -> bool:
    """Whether something else may serve the host: KServe, a listener alone, or what names it."""
    bundle = context.bundle.part_of or context.bundle
    for gateway in bundle.of_kind("Gateway", GATEWAY_API):
        for _, listener in maps(gateway.get("spec", "listeners")):
            wide = text(listener.get("hostname")) or "*"
            if _fits(host, wide) and any(one.group == _KSERVE for one in bundle.objects):
                return True
    documents = (one.document for one in (*bundle.resources, *bundle.settings))
    texts = {id(one.source): one.source.text for one in documents if one is not None}
    return any(host in written for written in texts.values())
