"""Charts of Istio whose versions do not belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_CHARTS = ("base", "istiod", "cni", "ztunnel")


def check(context: Context) -> Violations:
    """One finding for each chart of another minor version than that of istiod."""
    found = list(_charts(context))
    control = {minor for *_, chart, minor in found if chart == "istiod"}
    for resource, path, chart, minor in found:
        if len(control) == 1 and minor not in control:
            yield violation(
                f"chart {chart} is of Istio {minor}, and istiod of {control.copy().pop()}",
                Place(resource, path),
            )


def _charts(context: Context) -> Iterator[tuple[Resource, Path, str, str]]:
    """The charts of HelmReleases and Applications: place of the version, name, minor version."""
    written: list[tuple[Resource, Path, object, object]] = []
    for one in context.bundle.of_kind("HelmRelease"):
        at: Path = ("spec", "chart", "spec")
        written.append((one, (*at, "version"), one.get(*at, "chart"), one.get(*at, "version")))
    for one in context.bundle.of_kind("Application", "argoproj.io"):
        sources: list[tuple[Path, object]] = [(("spec", "source"), one.get("spec", "source"))]
        sources += [(("spec", "sources", i), s) for i, s in maps(one.get("spec", "sources"))]
        for path, source in sources:
            if isinstance(source, dict):
                version = source.get("targetRevision")
                written.append((one, (*path, "targetRevision"), source.get("chart"), version))
    istio = any(chart == "istiod" for *_, chart, _ in written)
    for one, path, chart, version in written if istio else ():
        minor = re.match(r"v?(\d+\.\d+)\.\d", text(version))
        if text(chart) in _CHARTS and minor:
            yield one, path, text(chart), minor[1]
