"""A monitor of a port that the pods do not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.monitors import monitors, port_of, server_line
from stackgen.facts.shape import plain
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.names import PORT

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
                listened = [_listened(p) for p in pods]
                if all(listened) and not any(port in numbers for numbers in listened):
                    offered = ", ".join(str(n) for n in sorted(set().union(*listened)))
                    yield RULE.finding(
                        f"no container of the pods listens on port {port}: {offered}",
                        Place(monitor.resource, (*path, field)),
                    )


def _listened(pods: Pods) -> set[int]:
    """Every port that the Pods listen on; empty when that is not known.

    A container may listen on a port that it does not declare. What KServe makes, and what the
    command of a vLLM server says, is known.
    """
    line = server_line(pods)
    server = line.number("port", PORT) if line is not None else None
    declared = {number for _, number in pods.ports() if number is not None}
    if pods.thing.service is None and (server is None or _several(pods)):
        return set()
    return declared | ({server} if server is not None else set())


def _several(pods: Pods) -> bool:
    """Sidecars listen on ports of their own."""
    held = pods.spec.get("containers")
    return isinstance(held, list) and len(held) > 1
