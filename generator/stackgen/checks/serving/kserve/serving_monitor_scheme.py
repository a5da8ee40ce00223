"""A monitor that uses a different scheme than the server."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, Pods, chain
from stackgen.checks.serving.monitors import Target, server_line, targets
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.names import KSERVE_COMPONENT, PORT


def check(context: Context) -> Violations:
    """One finding for each endpoint whose servers all use the other scheme."""
    links = chain(context)
    for target in targets(context):
        asked = text(target.endpoint.get("scheme")).lower() or "http"
        known = {_scheme(links, one, target) for one in target.pods}
        if asked not in ("http", "https") or len(known) != 1 or known & {"", asked}:
            continue
        scheme = "TLS" if asked == "http" else "plain HTTP"
        absent = "scheme" not in target.endpoint
        yield violation(
            f"metrics are scraped over {asked.upper()}; the servers use {scheme}",
            Place(target.resource, (*target.path, "scheme"), key=absent),
        )


def _scheme(links: Chain, pods: Pods, target: Target) -> str:
    """The scheme of the server on the scraped port; "" when it is not known."""
    if target.field and target.port is None:
        return ""
    port = target.port
    number = dict(pods.ports()).get(port) if isinstance(port, str) else port
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
    service = pods.owner.service
    if service is None or pods.labels.get(KSERVE_COMPONENT) != "workload":
        return False
    return not any((p.main() or ((), {}))[1].get("command") for p in service.parts())


def _readable(pods: Pods) -> bool:
    """No label comes from a template, so that these are the Pods that the monitor selects."""
    return all(plain(value) for value in pods.labels.values())
