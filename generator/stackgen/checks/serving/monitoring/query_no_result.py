"""A query that gives no result, whatever the programs export."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.exporter_names import value_problems
from stackgen.escape import visible
from stackgen.facts.aggregations import aggregation, plain_query, within
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.queries import all_queries
from stackgen.facts.shape import as_list, at, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.regex import regex
from stackgen.schema.formats import loose_duration

_QUANTILE = regex(r"\bhistogram_quantile\s*(?=\()")
_WINDOW = regex(
    r"\b(i?rate|increase)\s*\(\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\[\s*([0-9smhd]{1,12})\s*\]"
)
# Without on(), ignoring() or group_left(), which say how elements match.
_OPERATOR = regex(r"\s*(?:[-+*/%^]|[<>]=?|[=!]=)\s*(?:bool\s+)?(?!\s*(?:on|ignoring|bool)\b)")
_MONITORS = (
    ("ServiceMonitor", "monitoring.coreos.com", "endpoints"),
    ("PodMonitor", "monitoring.coreos.com", "podMetricsEndpoints"),
    ("PodMonitoring", "monitoring.googleapis.com", "endpoints"),
    ("ClusterPodMonitoring", "monitoring.googleapis.com", "endpoints"),
)
# Two series with one operator between them, and nothing that says how they match.
_PAIR = regex(
    r"(?:\A|\(|,)\s*+([a-zA-Z_:][\w:]*+)\{([^{}]*)\}\s*+(?:[-+*/%^]|[<>]=?|[=!]=)\s*+"
    r"([a-zA-Z_:][\w:]*+)\{([^{}]*)\}\s*+(?=\Z|\)|[<>]|[=!]=)"
)
_EQUAL = regex(r'(\w++)\s*+=\s*+"([^"\\$]*)"')
_COMPARED = regex(r"<(?=\s*=?\s*(?:bool\s+)?[-\d(]|\s|=)")  # less than, and no placeholder
_GROUP, _CHART, _USUAL = "monitoring.coreos.com", "kube-prometheus-stack", "30s"


def check(context: Context) -> Violations:
    """One finding for each function of a query of a rule or of an autoscaler."""
    interval: str | None = None
    for query in all_queries(context.bundle):
        given = query.resource.get(*query.path)
        if query.path[-1] not in ("expr", "query") or not isinstance(given, str):
            continue
        if not plain(_COMPARED.sub("", given)):
            continue
        bare = plain_query(given)
        place = Place(query.resource, query.path)
        for problem in value_problems(given):
            yield violation(problem, place, remedy="Correct the value of the label.")
        if _without_le(bare):
            yield violation(
                "histogram_quantile() gets buckets without the label le, which the aggregation "
                "does not keep",
                place,
            )
        own = text(query.resource.get(*query.path[:-1], "record"))
        if own and query.names == (own,) and "rules" in query.path:
            yield violation(
                f"the rule records {visible(own)} and reads no other metric, so that the series "
                "never has a value",
                place,
            )
        unmatched = _unmatched(bare) or _apart(given)
        if unmatched:
            yield violation(unmatched, place)
        for function, name, window in _WINDOW.findall(bare):
            if not name.startswith(_prefixes(context)):
                continue
            interval = _shortest(context) if interval is None else interval
            size, step = loose_duration(window), loose_duration(interval)
            if size and step and size <= step:
                yield violation(
                    f"{function}() of {visible(name)} needs two samples, and {visible(window)} "
                    f"has at most one: the targets are scraped every {visible(interval)}",
                    place,
                    severity=Severity.WARNING,
                )
                break


def _without_le(query: str) -> bool:
    """Whether the buckets of a quantile are aggregated without their bounds."""
    for found in _QUANTILE.finditer(query):
        inside, _ = within(query[found.end() :])
        _, comma, buckets = (inside or "").partition(",")
        outer = aggregation(buckets) if comma and "_bucket" in buckets else None
        if outer and outer.labels is not None and not outer.rest.strip():
            return "le" not in outer.labels
    return False


def _unmatched(query: str) -> str:
    """What is wrong with an operation on two aggregations whose labels never match."""
    left = aggregation(query)
    operator = _OPERATOR.match(left.rest) if left is not None else None
    right = aggregation(left.rest[operator.end() :]) if left and operator else None
    if left is None or right is None or not left.labels or not right.labels:
        return ""
    one, other = set(left.labels), set(right.labels)
    # A label that no series has is as good as none.
    if not one - other or not other - one:
        return ""
    return (
        f"the left side has the labels {', '.join(map(visible, left.labels))} and the right side "
        f"{', '.join(map(visible, right.labels))}, so that no element matches another"
    )


def _apart(query: str) -> str:
    """What is wrong with an operation on two series that differ in a label of each."""
    for _, ours, _, theirs in _PAIR.findall(query):
        left, right = dict(_EQUAL.findall(ours)), dict(_EQUAL.findall(theirs))
        for label, value in left.items():
            if label in right and right[label] != value:
                return (
                    f"the left side has {label} {visible(value)} and the right side "
                    f"{visible(right[label])}, so that no series matches another without "
                    f"ignoring({label})"
                )
    return ""


def _prefixes(context: Context) -> tuple[str, ...]:
    """How the metrics of known programs begin."""
    return context.once(_known_prefixes)


def _known_prefixes(context: Context) -> tuple[str, ...]:
    catalog = context.catalog.copy()
    rows = (catalog.row("metrics", name) for name in catalog.names("metrics"))
    return tuple(prefix for row in rows if row for prefix in row.data["prefixes"])


def _shortest(context: Context) -> str:
    """The shortest interval of the monitors of the input; empty without a monitor."""
    found = [*_intervals(context)]
    known = [one for one in found if loose_duration(one)]
    if len(known) < len(found):
        return ""
    return min(known, key=lambda one: loose_duration(one) or 0, default="")


def _intervals(context: Context) -> Iterator[str]:
    usual = _USUAL
    for chart in chart_values(context.bundle):
        given = at(chart.values, "prometheus", "prometheusSpec", "scrapeInterval")
        if chart.chart == _CHART:
            usual = text(given) or (usual if chart.whole else "?")
    for server in context.bundle.of_kind("Prometheus", _GROUP):
        usual = text(server.get("spec", "scrapeInterval")) or usual
    for kind, group, field in _MONITORS:
        for one in context.bundle.of_kind(kind, group):
            for _, endpoint in maps(as_list(one.get("spec", field))):
                yield text(endpoint.get("interval")) or usual
