"""Probes of a port that no process listens on."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.probes.probe_scheme import PROBES
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import Container
from stackgen.findings.model import Place, Violations, violation

DEFAULT = 8000


def check(context: Context) -> Violations:
    """One finding for each probe of a Pod with one container, whose command line is known.

    Of services serving-port speaks.
    """
    for workload in view(context).workloads:
        server = workload.server
        if server is None or not server.line.vllm or not server.line.complete:
            continue
        if workload.service is not None:
            continue
        if len([c for c in workload.containers if not c.init or _sidecar(c)]) > 1:
            continue
        port = server.line.number("port", DEFAULT)
        for name in PROBES if port else ():
            get = (server.probe(name) or {}).get("httpGet")
            asked = _number(server, get.get("port")) if isinstance(get, dict) else None
            if asked is None or asked == port:
                continue
            flag = server.line.flags.get("port")
            yield violation(
                f"the {name} uses port {asked}; the server listens on {port}",
                server.place(name, "httpGet", "port"),
                Place(
                    workload.resource, flag.path if flag else server.line.path, note=f"port {port}"
                ),
            )


def _number(server: Container, port: object) -> int | None:
    if isinstance(port, int):
        return port
    ports = server.data.get("ports")
    for one in ports if isinstance(ports, list) else ():
        if isinstance(one, dict) and one.get("name") == port:
            number = one.get("containerPort")
            return number if isinstance(number, int) else None
    return None


def _sidecar(container: Container) -> bool:
    return container.data.get("restartPolicy") == "Always"
