"""A route of Alertmanager with a receiver that its configuration does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.spelling import did_you_mean

_DEEP = 20


def check(context: Context) -> Violations:
    """One finding for each route of an AlertmanagerConfig, and of values for a chart."""
    for one in context.bundle.of_kind("AlertmanagerConfig", "monitoring.coreos.com"):
        for path, said in _wrong(as_dict(one.get("spec"))):
            yield violation(said, Place(one, ("spec", *path)))
    for values in chart_values(context.bundle):
        for base in (("alertmanager", "config"), ("config",)):
            given = as_dict(at(values.values, *base))
            if values.whole and given.get("receivers") and values.chart in _CHARTS:
                for path, said in _wrong(given):
                    yield violation(said, values.place((*base, *path)))


_CHARTS = {"kube-prometheus-stack", "alertmanager", "prometheus"}


def _wrong(config: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    known = {text(one.get("name")) for _, one in maps(config.get("receivers"))}
    if not known or not all(map(plain, known)):
        return
    for path, name in _routes(as_dict(config.get("route")), ("route",)):
        if plain(name) and name not in known:
            hint = did_you_mean(name, sorted(known)) or f"; there is {', '.join(sorted(known))}"
            yield path, f"no receiver has the name {visible(name)}{hint}"


def _routes(route: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    if text(route.get("receiver")):
        yield (*path, "receiver"), text(route.get("receiver"))
    for i, inner in maps(route.get("routes")) if len(path) < _DEEP else ():
        yield from _routes(inner, (*path, "routes", i))
