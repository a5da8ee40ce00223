"""A probe of a port by a name that its container does not declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.spelling import did_you_mean

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_KSERVE = "serving.kserve.io"


def check(context: Context) -> Violations:
    """One finding for each name in a container. One without an image is a part of another."""
    for pod in pod_specs(context):
        for path, container in pod.containers():
            names = [text(port.get("name")) for _, port in maps(container.get("ports"))]
            # KServe adds ports to a container that declares none.
            if not container.get("image") or (pod.resource.group == _KSERVE and not names):
                continue
            told: set[str] = set()
            for where, port in _asked(container):
                if port not in names and port not in told:
                    told.add(port)
                    has = ", ".join(filter(None, names))
                    known = f"it has {has}" if has else "its ports have no names"
                    hint = did_you_mean(port, names) or f"; {known if names else 'it has no ports'}"
                    yield violation(
                        f"container {text(container.get('name'))} has no port {port}{hint}",
                        pod.place(*path, *where),
                    )


def _asked(container: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """The names of ports in probes and hooks."""
    hooks = as_dict(container.get("lifecycle"))
    handlers: list[tuple[Path, Any]] = [((name,), container.get(name)) for name in _PROBES]
    handlers += [(("lifecycle", name), hooks.get(name)) for name in ("postStart", "preStop")]
    for where, handler in handlers:
        for kind in ("httpGet", "tcpSocket"):
            port = as_dict(as_dict(handler).get(kind)).get("port")
            if isinstance(port, str) and port and plain(port) and not port.isdecimal():
                yield (*where, kind, "port"), port
