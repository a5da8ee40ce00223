"""Hostnames for which external-dns makes no record: another kind of object, or another domain."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API
from stackgen.checks.serving.mesh import NETWORKING
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_list, maps, plain, text, texts
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.record import record

_ANNOTATION = "external-dns.alpha.kubernetes.io/"
_DEFAULT = ("service", "ingress")  # of the chart
# Each kind with the source that reads it.
_SOURCES = {
    ("HTTPRoute", GATEWAY_API): "gateway-httproute",
    ("GRPCRoute", GATEWAY_API): "gateway-grpcroute",
    ("Gateway", NETWORKING): "istio-gateway",
    ("VirtualService", NETWORKING): "istio-virtualservice",
    ("Ingress", "networking.k8s.io"): "ingress",
}
# What makes records in another way.
_OTHERS = frozenset({"DNSEndpoint", "DNSRecordSet", "RecordSet", "ResourceRecordSet"})


@record
class _Installed:
    """sources, domains: what it is told. place: of the sources; filters: of the domains."""

    shown: str
    sources: tuple[str, ...]
    domains: tuple[str, ...]
    place: Place
    filters: Place


def check(context: Context) -> Violations:
    """One finding for each installation, where all of its sources are known."""
    found = [*_of_charts(context), *_of_pods(context)]
    if len(found) != 1 or any(x.kind in _OTHERS for x in context.bundle.objects):
        return
    (one,) = found
    named = [
        (host, source, by)
        for (kind, group), source in _SOURCES.items()
        for by in context.bundle.of_kind(kind, group)
        for host in _hosts(by)
    ]
    inside = [x for x in named if not one.domains or any(_below(x[0], d) for d in one.domains)]
    if named and not inside:
        yield violation(
            f"external-dns makes records below {', '.join(map(visible, one.domains))} only, and no "
            f"hostname of the input is there, such as {visible(named[0][0])}",
            one.filters,
        )
        return
    if set(_SOURCES.values()).isdisjoint(one.sources):
        return  # it is for Services only
    given = {host for host, source, _ in inside if source in one.sources}
    given |= set(_annotated(context))
    wildcards = [x for x in given if "*" in x]
    for host, source, by in inside:
        if source in one.sources or host in given or "*" in host:
            continue
        if not any(fnmatchcase(host, x) for x in wildcards):
            yield violation(
                f"external-dns has the sources {', '.join(one.sources)}, and not {source}, which "
                f"{by.kind} {by.name} for {visible(host)} needs",
                one.place,
                Place(by, ("metadata", "name"), note="the hostname"),
                confidence="medium",
            )
            return


def _below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain.removeprefix('.')}")


def _hosts(by: Resource) -> Iterator[str]:
    """The hostnames of an object that a record can be for."""
    if by.kind == "Ingress":
        given = [rule.get("host") for _, rule in maps(by.get("spec", "rules"))]
    elif by.kind == "Gateway":
        servers = [as_list(x.get("hosts")) for _, x in maps(by.get("spec", "servers"))]
        given = [text(host).rpartition("/")[2] for hosts in servers for host in hosts]
    elif by.kind == "VirtualService":
        outside = any(text(x) != "mesh" for x in as_list(by.get("spec", "gateways")))
        given = as_list(by.get("spec", "hosts")) if outside else []
    else:
        given = as_list(by.get("spec", "hostnames"))
    for host in map(text, given):
        if "." in host and plain(host) and not host.endswith((".local", ".internal", ".svc")):
            yield host


def _annotated(context: Context) -> Iterator[str]:
    """The hostnames that annotations give, of objects and in values of charts."""
    held = [one.data for one in (*context.bundle.objects, *context.bundle.settings)]
    for data in held:
        for path, value in texts(data):
            if str(path[-1] if path else "").startswith(f"{_ANNOTATION}hostname"):
                yield from (word.strip() for word in value.split(","))


def _of_charts(context: Context) -> Iterator[_Installed]:
    for one in chart_values(context.bundle):
        if one.chart == "external-dns" and one.whole:
            sources = one.values.get("sources", list(_DEFAULT))
            domains = one.values.get("domainFilters")
            if _plain(sources) and _plain(domains) and not one.values.get("extraArgs"):
                yield _Installed(
                    one.by.name,
                    tuple(as_list(sources)),
                    tuple(as_list(domains)),
                    one.place(("sources",) if "sources" in one.values else ()),
                    one.place(("domainFilters",)),
                )


def _of_pods(context: Context) -> Iterator[_Installed]:
    """Deployments whose arguments say what they do."""
    for resource in context.bundle.of_kind("Deployment", "apps"):
        for template in pod_templates(resource):
            for i, container in maps(template.spec.get("containers")):
                image, args = text(container.get("image")), container.get("args")
                if "/external-dns:" not in image or not _plain(args):
                    continue
                where = Place(resource, (*template.spec_path, "containers", i, "args"))
                sources = _flag(args, "source")
                if sources:
                    domains = _flag(args, "domain-filter")
                    yield _Installed(resource.name, sources, domains, where, where)


def _flag(args: Any, name: str) -> tuple[str, ...]:
    start = f"--{name}="
    return tuple(arg.removeprefix(start) for arg in as_list(args) if text(arg).startswith(start))


def _plain(words: Any) -> bool:
    return all(isinstance(word, str) and plain(word) for word in as_list(words))
