"""A monitor that reads a path which the servers do not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.monitors import server_line, targets
from stackgen.escape import visible
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.names import PORT

_PATH = "/metrics"


def check(context: Context) -> Violations:
    """One finding for each endpoint whose Pods are all vLLM, at the port of the server."""
    for target in targets(context):
        path = text(target.endpoint.get("path"))
        if not path or not plain(path) or path.rstrip("/") == _PATH or not target.field:
            continue
        lines = [server_line(one) for one in target.pods]
        numbers = [
            dict(one.ports()).get(target.port) if isinstance(target.port, str) else target.port
            for one in target.pods
        ]
        if all(
            line is not None and "root-path" not in line.flags and n == line.number("port", PORT)
            for line, n in zip(lines, numbers, strict=True)
        ):
            yield violation(
                f"vLLM has its metrics at {_PATH}, not at {visible(path)}",
                Place(target.resource, (*target.path, "path")),
            )
