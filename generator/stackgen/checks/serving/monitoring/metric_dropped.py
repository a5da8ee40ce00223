"""A monitor that drops a metric which an autoscaler or a rule of the input reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.queries import Query, all_queries, recorded
from stackgen.facts.shape import as_list, maps, matches, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.schema import regex

# Where monitors have their rules for metrics.
_MONITORS = {
    "PodMonitor": ("spec", "podMetricsEndpoints", "*", "metricRelabelings"),
    "ServiceMonitor": ("spec", "endpoints", "*", "metricRelabelings"),
    "PodMonitoring": ("spec", "endpoints", "*", "metricRelabeling"),
    "ClusterPodMonitoring": ("spec", "endpoints", "*", "metricRelabeling"),
}
_NAME = ["__name__"]


@record
class _Filter:
    """A rule on names of metrics. keeps: it drops all others."""

    monitor: Resource
    path: Path
    pattern: str
    keeps: bool

    def drops(self, name: str) -> bool:
        return regex.matches(f"^(?:{self.pattern})$", name) is not self.keeps


def check(context: Context) -> Violations:
    """One finding for each name that every endpoint with a filter for its program drops."""
    filters = [one for one in _filters(context) if regex.readable(regex.ecma(one.pattern))]
    own = recorded(context.bundle.objects) if filters else {}
    programs: dict[str, list[list[_Filter]]] = {}
    told: set[str] = set()
    for query in all_queries(context.bundle) if filters else ():
        for name in query.names if not query.renamed else ():
            program, colon, _ = name.partition(":")
            if not colon or name in own or name in told:
                continue
            if program not in programs:
                programs[program] = _endpoints(context, filters, f"{program}:")
            dropping = [
                next((one for one in several if one.drops(name)), None)
                for several in programs[program]
            ]
            first = dropping[0] if dropping else None
            if first is not None and None not in dropping:
                told.add(name)
                yield _dropped(first, query, name)


def _endpoints(context: Context, filters: list[_Filter], prefix: str) -> list[list[_Filter]]:
    """The filters of each endpoint that are about a program; none if a monitor has no filter."""
    found: dict[tuple[int, Path], list[_Filter]] = {}
    for one in filters:
        if prefix in one.pattern:
            found.setdefault((id(one.monitor), one.path[:-2]), []).append(one)
    # A monitor without a filter may scrape the same Pods.
    opened = _open(context, {monitor for monitor, _ in found})
    return [] if opened else list(found.values())


def _dropped(one: _Filter, query: Query, name: str) -> Any:
    return violation(
        f"{one.monitor.kind} {one.monitor.name} drops {visible(name)}, which "
        f"{query.resource.kind} {query.resource.name} reads",
        Place(one.monitor, one.path),
        Place(query.resource, query.path, note="the query"),
    )


def _filters(context: Context) -> Iterator[_Filter]:
    for kind, path in _MONITORS.items():
        for monitor in context.bundle.of_kind(kind):
            for where, rules in matches(monitor.data, path):
                for i, rule in maps(rules):
                    pattern, action = text(rule.get("regex")), text(rule.get("action")).lower()
                    named = as_list(rule.get("sourceLabels")) == _NAME
                    if named and pattern and plain(pattern) and action in ("keep", "drop"):
                        at = (*where, i, "regex")
                        yield _Filter(monitor, at, pattern, action == "keep")


def _open(context: Context, filtered: set[int]) -> bool:
    """Whether another monitor is there whose metrics are not known."""
    return any(
        id(monitor) not in filtered
        for kind in _MONITORS
        for monitor in context.bundle.of_kind(kind)
    )
