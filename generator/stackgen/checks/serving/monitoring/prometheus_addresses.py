"""Addresses of the Prometheus that a chart of the input installs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain
from stackgen.checks.serving.monitoring.collector_pipeline import configurations
from stackgen.facts.chart_pools import release_of
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.queries import triggers_of
from stackgen.facts.service_addresses import ServiceAddress, addresses_in
from stackgen.facts.shape import as_dict, at, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.record import record

# The chart of Prometheus that names its Service after the release, cut to this length.
STACK, _LENGTH = "kube-prometheus-stack", 26
_OPERATED = "prometheus-operated"  # of each Prometheus of the operator
_RELOADER = 8080
# What other installations call it: the chart prometheus, kube-prometheus, and usual releases.
_USUAL = {
    "prometheus-server", "prometheus-k8s", "prometheus-kube-prometheus-prometheus",
    "kube-prometheus-stack-prometheus", "monitoring-kube-prometheus-prometheus",
    "prometheus-stack-kube-prom-prometheus", "kube-prometheus-prometheus",
}  # fmt: skip


@record
class Made:
    """A Prometheus of the chart. service: of it; "" if it is not known. port: 0 if not known."""

    install: Install
    release: str
    service: str
    port: int


def made_by_charts(context: Context) -> dict[str, list[Made]]:
    """The installations of the chart by namespace, found once."""
    return context.once(_made)


def _made(context: Context) -> dict[str, list[Made]]:
    found: dict[str, list[Made]] = {}
    for one in installs(context.bundle):
        if one.chart.chart != STACK or not one.namespace:
            continue
        release = release_of(one)
        renamed = {"nameOverride", "namespaceOverride"} & one.values.keys()
        known = release and one.complete and not renamed
        known = known and at(one.values, "prometheus", "enabled") is not False
        whole = text(one.values.get("fullnameOverride"))
        known = known and plain(whole)
        whole = whole or (release if STACK in release else f"{release}-{STACK}")
        service = f"{whole[:_LENGTH].removesuffix('-')}-prometheus"
        port = at(one.values, "prometheus", "service", "port")
        number = port if isinstance(port, int) else 9090 if port is None else 0
        made = Made(one, release, service if known else "", number)
        found.setdefault(one.namespace, []).append(made)
    return found


def wrong_addresses(context: Context, links: Chain) -> Violations:
    """Addresses by another name, in another namespace or at another port."""
    made = made_by_charts(context)
    charts = [(one.chart.chart, release_of(one)) for one in installs(context.bundle)]
    others = [release for chart, release in charts if chart != STACK]
    alone = all(one.chart != "prometheus" for one in chart_values(context.bundle))
    shown = {one.name for one in links.of("Service", "")} if made else set()
    for place, found in _addresses(context) if made else ():
        if found.name in shown:
            continue
        yield from _other_space(context, links, made, found, place)
        here = made.get(found.namespace) or []
        if len(here) != 1 or not here[0].service or found.name == _OPERATED:
            continue
        one = here[0]
        if found.name == one.service:
            if found.given and one.port and found.port not in (one.port, _RELOADER):
                yield violation(
                    f"Service {found.name} of chart {STACK} has port {one.port}, not {found.port}",
                    place,
                    severity=Severity.WARNING,
                )
        elif (_of_chart(found.name, one.release) or (alone and found.name in _USUAL)) and not any(
            x and found.name.startswith(x) for x in others
        ):
            yield violation(
                f"chart {STACK} makes no Service {found.name}; that of its Prometheus "
                f"is {one.service}",
                place,
                severity=Severity.WARNING,
                confidence="medium",
            )


def _addresses(context: Context) -> Iterator[tuple[Place, ServiceAddress]]:
    """Triggers of KEDA, prometheus-adapter and exporters of collectors, with their place."""
    for resource in context.bundle.objects:
        for path, _ in triggers_of(resource):
            where = (*path, "metadata", "serverAddress")
            for found in addresses_in(text(resource.get(*where)), where):
                yield Place(resource, where), found
    for values in chart_values(context.bundle):
        if values.chart == "prometheus-adapter":
            url = text(at(values.values, "prometheus", "url"))
            port = at(values.values, "prometheus", "port")
            asked = f"{url}:{port}" if isinstance(port, int) and port and url else url
            for found in addresses_in(asked, ()):
                yield values.place(("prometheus", "url")), found
    for resource, path, config, inside in configurations(context):
        for name, exporter in as_dict(config.get("exporters")).items():
            if str(name).startswith("prometheusremotewrite"):
                more: tuple[Any, ...] = () if inside else ("exporters", name, "endpoint")
                for found in addresses_in(text(as_dict(exporter).get("endpoint")), ()):
                    yield Place(resource, (*path, *more)), found


def _other_space(
    context: Context,
    links: Chain,
    made: dict[str, list[Made]],
    found: ServiceAddress,
    place: Place,
) -> Violations:
    """The Prometheus of the input has the Service, in another namespace."""
    spaces = [space for space, some in made.items() for x in some if x.service == found.name]
    if found.name == _OPERATED and len(made) == 1 and _unused(context, links, found.namespace):
        spaces = list(made)
    if found.namespace and found.namespace not in made and len(spaces) == 1:
        yield violation(
            f"chart {STACK} makes Service {found.name} in namespace {spaces[0]}, and the address "
            f"is in namespace {found.namespace}",
            place,
            severity=Severity.WARNING,
            confidence="medium",
        )


def _unused(context: Context, links: Chain, space: str) -> bool:
    """Whether nothing of the input is in a namespace."""
    objects = (one.namespace == space for one in links.objects)
    return not any(objects) and all(x.namespace != space for x in installs(context.bundle))


def _of_chart(name: str, release: str) -> bool:
    """Whether a Service is meant that the chart makes for Prometheus."""
    like = name.startswith(f"{release}-") or "kube-prometheus" in name
    others = name.endswith(("-operator", "-alertmanager", "-exporter"))
    return like and "prom" in name.removeprefix(release) and not others
