"""Probes that speak another protocol than the server."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def check(context: Context) -> Violations:
    """One finding for each probe; of services kserve-tls-serving speaks."""
    for workload in view(context).workloads:
        server = workload.server
        if server is None or not server.line.vllm or not server.line.complete:
            continue
        if workload.service is not None:
            continue
        tls = "ssl-certfile" in server.line.flags
        port = server.line.number("port", 8000)
        for name in PROBES:
            get = (server.probe(name) or {}).get("httpGet")
            if not isinstance(get, dict) or (get.get("scheme") == "HTTPS") == tls:
                continue
            if get.get("port") != port:
                continue  # another process answers there
            said = "with TLS" if tls else "without TLS"
            yield violation(
                f"the {name} uses {get.get('scheme') or 'HTTP'}; the server uses {said}",
                server.place(name, "httpGet", "scheme", key="scheme" not in get),
                Place(
                    workload.resource,
                    server.line.flags["ssl-certfile"].path if tls else server.line.path,
                    note=said,
                ),
            )
