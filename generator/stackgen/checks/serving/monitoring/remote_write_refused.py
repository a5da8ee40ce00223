"""Metrics that are sent to a Prometheus that takes none."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.collector_pipeline import configurations
from stackgen.checks.serving.monitoring.prometheus_addresses import STACK, made_by_charts
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.service_addresses import addresses_in
from stackgen.facts.shape import as_dict, as_list, at, maps, text, texts
from stackgen.findings.model import Place, Violations, violation

_PATH = "/api/v1/write"
_FIELD = "enableRemoteWriteReceiver"
_FLAG = "web.enable-remote-write-receiver"
_GROUP = "monitoring.coreos.com"


def check(context: Context) -> Violations:
    """One finding for each address of a Prometheus of the input that has no receiver."""
    closed = dict(_closed(context))
    for place, written in _senders(context) if closed else ():
        for found in addresses_in(written, ()):
            who = closed.get((found.namespace, found.name))
            if who is not None and found.rest.startswith(_PATH):
                yield violation(
                    f"{who[0]} does not accept remote write: {_FIELD} is not true",
                    place,
                    who[1],
                )


def _closed(context: Context) -> Iterator[tuple[tuple[str, str], tuple[str, Place]]]:
    """Namespace and Service of each Prometheus without a receiver."""
    charted = made_by_charts(context)
    for space, made in charted.items():
        for one in made:
            spec = as_dict(at(one.install.values, "prometheus", "prometheusSpec"))
            if one.service and len(made) == 1 and not _opened(spec):
                who = (f"the Prometheus of {STACK}", one.install.place("prometheus"))
                yield (space, one.service), who
                yield (space, "prometheus-operated"), who
    for server in context.bundle.of_kind("Prometheus", _GROUP):
        spec = as_dict(server.get("spec"))
        if server.namespace not in charted and not _opened(spec):
            who = (f"Prometheus {server.name}", Place(server, ("spec",), key=True))
            yield (server.namespace, "prometheus-operated"), who


def _opened(spec: dict[str, object]) -> bool:
    more = [text(one.get("name")) for _, one in maps(spec.get("additionalArgs"))]
    features = map(text, as_list(spec.get("enableFeatures")))
    return (
        (spec.get(_FIELD) is not None and spec.get(_FIELD) is not False)
        or _FLAG in more
        or any("remote-write" in one for one in features)
    )


def _senders(context: Context) -> Iterator[tuple[Place, str]]:
    """What may send metrics: collectors, another Prometheus, and values of charts."""
    for resource, path, config, inside in configurations(context):
        for where, written in texts(config.get("exporters"), ("exporters",)):
            if _PATH in written:
                yield Place(resource, path if inside else (*path, *where)), written
    for kind in ("Prometheus", "PrometheusAgent"):
        for server in context.bundle.of_kind(kind, _GROUP):
            for i, one in maps(server.get("spec", "remoteWrite")):
                yield Place(server, ("spec", "remoteWrite", i, "url")), text(one.get("url"))
    for values in chart_values(context.bundle):
        for where, written in texts(values.values):
            if _PATH in written:
                yield values.place(where), written
