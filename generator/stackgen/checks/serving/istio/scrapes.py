"""Scrapes of collectors that are outside of the mesh, in plain text and without an identity."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods
from stackgen.checks.serving.mesh import injects, namespaces
from stackgen.checks.serving.monitors import Target, targets
from stackgen.facts.chart_values import installs

_OPERATOR, _GMP = "monitoring.coreos.com", "monitoring.googleapis.com"


def scrapes(context: Context) -> Iterator[tuple[str, Target, tuple[tuple[Pods, int | None], ...]]]:
    """Who scrapes, by which endpoint of a monitor, and the Pods with the number of the port.

    They are the collectors of Managed Service for Prometheus, and a Prometheus without a sidecar.
    """
    outside = _prometheus(context)
    for target in targets(context):
        google = target.resource.group == _GMP
        if target.endpoint.get("scheme") == "https" or target.endpoint.get("tlsConfig"):
            continue
        if not (google or outside):
            continue
        to = []
        for pods in target.pods:
            named = dict(pods.ports()).get(target.port) if isinstance(target.port, str) else None
            to.append((pods, target.port if isinstance(target.port, int) else named))
        who = (
            "the collectors of Google scrape"
            if google
            else f"{outside} has no sidecar, and scrapes"
        )
        who = f"{who} by {target.resource.kind} {target.resource.name}"
        yield who, target, tuple(to)


def _prometheus(context: Context) -> str:
    """A Prometheus of the input, if none of them has a sidecar or a certificate of the mesh."""
    found = []
    for one in context.bundle.of_kind("Prometheus", _OPERATOR):
        found.append((one.namespace, f"Prometheus {one.name}", one.data))
    for install in installs(context.bundle):
        if install.chart.chart == "kube-prometheus-stack" and install.complete:
            by = install.parts[0].by
            found.append((install.namespace, f"Prometheus of {by.kind} {by.name}", install.values))
    spaces = namespaces(context)
    if any("istio" in repr(data) or space not in spaces for space, _, data in found):
        return ""
    return found[0][1] if found and not any(injects(spaces[x]) for x, _, _ in found) else ""
