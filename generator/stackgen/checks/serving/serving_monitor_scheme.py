"""A monitor that uses a different scheme than the server."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, Pods, chain
from stackgen.checks.serving.monitors import monitors, port_of, server_line
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.names import KSERVE_COMPONENT, PORT

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each endpoint whose servers all use the other scheme."""
    links = chain(context)
    for monitor in monitors(context):
        pods = links.selected(monitor.resource.namespace, monitor.labels)
        for path, endpoint in monitor.endpoints if pods else ():
            asked = text(endpoint.get("scheme")).lower() or "http"
            known = {_scheme(links, one, port_of(endpoint)) for one in pods}
            if asked not in ("http", "https") or len(known) != 1 or known & {"", asked}:
                continue
            scheme = "TLS" if asked == "http" else "plain HTTP"
            yield RULE.finding(
                f"metrics are scraped over {asked.upper()}; the servers use {scheme}",
                Place(monitor.resource, (*path, "scheme"), key="scheme" not in endpoint),
            )


def _scheme(links: Chain, pods: Pods, scraped: tuple[str, str | int] | None) -> str:
    """The scheme of the server on the scraped port; "" when it is not known."""
    ports = dict(pods.ports())
    port = ports.get(str(scraped[1])) if scraped and isinstance(scraped[1], str) else None
    number = scraped[1] if scraped and isinstance(scraped[1], int) else port
    line = server_line(pods)
    if _by_preset(pods):
        # The preset decides, and only some releases always serve with TLS.
        always = links.view.certain and links.view.newest.tls == "always"
        return "https" if always and number in (None, PORT) else ""
    if line is not None and "ssl-certfile" in line.flags:
        return "https" if number in (None, line.number("port", PORT)) else ""
    if line is None or not line.complete or not _readable(pods):
        return ""
    return "http" if number == line.number("port", PORT) else ""


def _by_preset(pods: Pods) -> bool:
    """The server of a service whose user gives no command."""
    service = pods.thing.service
    if service is None or pods.labels.get(KSERVE_COMPONENT) != "workload":
        return False
    return not any((p.main() or ((), {}))[1].get("command") for p in service.parts())


def _readable(pods: Pods) -> bool:
    """No label comes from a template, so that these are the Pods that the monitor selects."""
    return all(plain(value) for value in pods.labels.values())
