"""A route of Alertmanager with a receiver or an interval that its configuration does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.spelling import did_you_mean

_DEEP = 20
# Fields of routes that name intervals: of AlertmanagerConfig, and of the file of Alertmanager.
_NAMED = (
    "muteTimeIntervals",
    "activeTimeIntervals",
    "mute_time_intervals",
    "active_time_intervals",
)
_DEFINED = ("time_intervals", "mute_time_intervals")
_OF_OPERATOR = ("muteTimeIntervals", "timeIntervals")  # v1alpha1, v1beta1


def check(context: Context) -> Violations:
    """One finding for each route of an AlertmanagerConfig, and of values for a chart."""
    for one in context.bundle.of_kind("AlertmanagerConfig", "monitoring.coreos.com"):
        for path, said in _wrong(as_dict(one.get("spec"))):
            yield violation(said, Place(one, ("spec", *path)))
        for path, said in _intervals(as_dict(one.get("spec")), _OF_OPERATOR):
            yield violation(said, Place(one, ("spec", *path)))
    for values in chart_values(context.bundle):
        for base in (("alertmanager", "config"), ("config",)):
            given = as_dict(at(values.values, *base))
            if values.whole and given.get("receivers") and values.chart in _CHARTS:
                for path, said in (*_wrong(given), *_intervals(given, _DEFINED)):
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


def _intervals(config: dict[str, Any], defined: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Intervals that a route names, and that the configuration does not define.

    defined: the fields that define them.
    """
    known = {text(one.get("name")) for field in defined for _, one in maps(config.get(field))}
    left: list[tuple[Path, dict[str, Any]]] = [(("route",), as_dict(config.get("route")))]
    while left:
        path, route = left.pop()
        for field in _NAMED:
            for i, name in enumerate(as_list(route.get(field))):
                if text(name) and plain(text(name)) and name not in known:
                    hint = did_you_mean(text(name), sorted(known))
                    said = f"the configuration has no time interval {visible(text(name))}{hint}"
                    yield (*path, field, i), said
        if len(path) < _DEEP:
            left += [((*path, "routes", i), one) for i, one in maps(route.get("routes"))]


def _routes(route: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    if text(route.get("receiver")):
        yield (*path, "receiver"), text(route.get("receiver"))
    for i, inner in maps(route.get("routes")) if len(path) < _DEEP else ():
        yield from _routes(inner, (*path, "routes", i))
