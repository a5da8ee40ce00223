"""A monitor over HTTP of a server that speaks TLS."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.monitors import monitors
from stackgen.checks.serving.view import Service
from stackgen.facts.shape import text
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.names import KSERVE_COMPONENT

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Judged where a release always serves TLS, for servers that its preset starts."""
    links = chain(context)
    if not links.view.certain or links.view.newest.tls != "always":
        return
    for monitor in monitors(context):
        pods = links.selected(monitor.resource.namespace, monitor.labels)
        servers = [p.thing.service for p in pods if p.labels.get(KSERVE_COMPONENT) == "workload"]
        preset = [s for s in servers if s is not None and not _own_command(s)]
        for path, endpoint in monitor.endpoints if pods and len(preset) == len(pods) else ():
            if text(endpoint.get("scheme")).lower() in ("", "http"):
                yield RULE.finding(
                    "metrics are asked for over HTTP; the servers speak TLS",
                    Place(monitor.resource, (*path, "scheme")),
                )


def _own_command(service: Service) -> bool:
    return any(bool((p.main() or ((), {}))[1].get("command")) for p in service.parts())
