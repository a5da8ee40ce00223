"""A monitor of a port that the pods do not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.monitors import listened, monitors, port_of
from stackgen.facts.shape import plain
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Monitors that select pods of the input, or pods that KServe makes for it."""
    links = chain(context)
    for monitor in monitors(context):
        pods = links.selected(monitor.resource.namespace, monitor.labels)
        for path, endpoint in monitor.endpoints if pods else ():
            field, port = port_of(endpoint) or ("", 0)
            if isinstance(port, str):
                known = {name for p in pods for name, _ in p.ports() if name}
                if port not in known and plain(port):
                    offered = ", ".join(sorted(known)) or "none has a name"
                    yield RULE.finding(
                        f"no port of the pods is called {port}: {offered}",
                        Place(monitor.resource, (*path, field)),
                    )
            elif field:
                ports = [listened(p) for p in pods]
                if all(ports) and not any(port in numbers for numbers in ports):
                    offered = ", ".join(str(n) for n in sorted(set().union(*ports)))
                    yield RULE.finding(
                        f"no container of the pods listens on port {port}: {offered}",
                        Place(monitor.resource, (*path, field)),
                    )
