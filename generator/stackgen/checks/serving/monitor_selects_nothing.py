"""A ServiceMonitor that finds no Service, or no port of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, chain
from stackgen.checks.serving.provided import provided
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.resource import Resource

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Monitors of namespaces that have Services in the same file or folder."""
    links, known = chain(context), provided(context)
    services: dict[str, list[ApiObject]] = {}
    for service in links.of("Service", ""):
        services.setdefault(service.namespace, []).append(service)
    for monitor in context.bundle.of_kind("ServiceMonitor", "monitoring.coreos.com"):
        labels = as_dict(monitor.get("spec", "selector", "matchLabels"))
        spaces = _namespaces(monitor)
        if (
            not labels
            or spaces is None
            or known.composed(monitor)
            or monitor.get("spec", "selector", "matchExpressions")
        ):
            continue
        candidates = [one for space in spaces for one in services.get(space, ())]
        chosen = [one for one in candidates if _has(one, labels)]
        if chosen:
            yield from _ports(monitor, chosen)
        else:
            beside = [one for one in candidates if one.resource.file == monitor.file]
            if beside:
                names = ", ".join(sorted({one.name for one in beside}))
                yield RULE.finding(
                    f"no Service has the labels {_shown(labels)}; beside it is {names}",
                    Place(monitor, ("spec", "selector", "matchLabels")),
                    severity=Severity.WARNING,
                    confidence="medium",
                )


def _namespaces(monitor: Resource) -> list[str] | None:
    """The namespaces that it looks at; None for all."""
    given = as_dict(monitor.get("spec", "namespaceSelector"))
    if given.get("any"):
        return None
    return [text(name) for name in as_list(given.get("matchNames"))] or [monitor.namespace]


def _has(service: ApiObject, labels: Mapping[str, Any]) -> bool:
    own = as_dict(service.get("metadata", "labels"))
    return all(own.get(key) == value for key, value in labels.items())


def _ports(monitor: Resource, services: list[ApiObject]) -> Iterator[Finding]:
    known = {
        text(port.get("name")) for one in services for _, port in maps(one.get("spec", "ports"))
    }
    for i, endpoint in maps(monitor.get("spec", "endpoints")):
        name = text(at(endpoint, "port"))
        if name and plain(name) and name not in known:
            offered = ", ".join(sorted(filter(None, known))) or "none has a name"
            yield RULE.finding(
                f"no port of Service {services[0].name} is called {name}: {offered}",
                Place(monitor, ("spec", "endpoints", i, "port")),
            )


def _shown(labels: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())
