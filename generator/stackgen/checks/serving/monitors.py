"""PodMonitors of the Prometheus operator and PodMonitorings of GKE, and what they scrape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods
from stackgen.digits import to_int
from stackgen.facts.command_line import CommandLine, read
from stackgen.facts.shape import as_dict, maps
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.names import PORT
from stackgen.record import record

_KINDS = (
    ("PodMonitor", "monitoring.coreos.com", "podMetricsEndpoints"),
    ("PodMonitoring", "monitoring.googleapis.com", "endpoints"),
)


def port_of(endpoint: Mapping[str, Any]) -> tuple[str, str | int] | None:
    """The field that says which port is scraped, and its value: a port's name, or a number."""
    for name in ("port", "portNumber", "targetPort"):
        value = endpoint.get(name)
        if isinstance(value, str) and value.isdecimal():
            return name, to_int(value)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return name, value
    return None


def server_line(pods: Pods) -> CommandLine | None:
    """The command line of the vLLM server in these Pods; None when they run none."""
    for i, container in maps(pods.spec.get("containers")):
        env = {
            e["name"]: e["value"]
            for _, e in maps(container.get("env"))
            if isinstance(e.get("name"), str) and isinstance(e.get("value"), str)
        }
        line = read(container.get("command"), container.get("args"), env, ("containers", i))
        # The image of vLLM starts the server with `args` alone.
        image = str(container.get("image") or "").rpartition("/")[2]
        starts = not container.get("command") and image.startswith("vllm")
        if line.vllm or (starts and ("model" in line.flags or line.model is not None)):
            return line
    return None


@record
class Monitor:
    """labels: of the pods it selects, never empty. endpoints: each with its path."""

    resource: Resource
    labels: Mapping[str, Any]
    endpoints: tuple[tuple[Path, dict[str, Any]], ...]


def monitors(context: Context) -> Iterator[Monitor]:
    """The monitors of the input that select pods of their own namespace by labels."""
    for kind, group, field in _KINDS:
        for resource in context.bundle.of_kind(kind, group):
            labels = as_dict(resource.get("spec", "selector", "matchLabels"))
            elsewhere = resource.get("spec", "namespaceSelector") is not None
            if not labels or elsewhere or resource.get("spec", "selector", "matchExpressions"):
                continue
            found = ((("spec", field, i), one) for i, one in maps(resource.get("spec", field)))
            yield Monitor(resource, labels, tuple(found))


def listened(pods: Pods) -> set[int]:
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
