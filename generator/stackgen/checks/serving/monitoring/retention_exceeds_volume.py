"""A Prometheus that may keep more than its volume holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.prometheus_addresses import STACK
from stackgen.escape import visible
from stackgen.facts.chart_values import installs
from stackgen.facts.quantity import number
from stackgen.facts.shape import at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex

_SIZE = regex(r"(\d{1,9}(?:\.\d{1,3})?)\s*([KMGTPE]i?)?B\Z")
_POWERS = "KMGTPE"
_CLAIM: Path = ("volumeClaimTemplate", "spec", "resources", "requests", "storage")


def check(context: Context) -> Violations:
    """One finding for each Prometheus with both sizes."""
    for kept, place, volume, where in _both(context):
        found, size = _SIZE.match(kept), number(volume)
        if found is None or not size:
            continue
        power = _POWERS.index(found[2][0]) + 1 if found[2] else 0
        if float(found[1]) * 1024**power >= size:
            yield violation(
                f"Prometheus keeps up to {visible(kept)}; its volume has {visible(str(volume))}",
                place,
                where,
            )


def _both(context: Context) -> Iterator[tuple[str, Place, Any, Place]]:
    """The size that is kept and that of the volume, each with its place."""
    for server in context.bundle.of_kind("Prometheus", "monitoring.coreos.com"):
        kept, volume = ("spec", "retentionSize"), ("spec", "storage", *_CLAIM)
        yield (
            text(server.get(*kept)),
            Place(server, kept),
            server.get(*volume),
            Place(server, volume),
        )
    for one in installs(context.bundle):
        paths = _PATHS.get(one.chart.chart)
        if paths is not None:
            yield (
                text(at(one.values, *paths[0])),
                one.place(*paths[0]),
                at(one.values, *paths[1]),
                one.place(*paths[1]),
            )


_SPEC: Path = ("prometheus", "prometheusSpec")
_PATHS: Mapping[str, tuple[Path, Path]] = {
    STACK: ((*_SPEC, "retentionSize"), (*_SPEC, "storageSpec", *_CLAIM)),
    "prometheus": (("server", "retentionSize"), ("server", "persistentVolume", "size")),
}
