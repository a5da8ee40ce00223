"""A threshold above 1 for a metric whose values are from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.quantity import number
from stackgen.facts.queries import all_queries, triggers_of
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_GOOGLE = "prometheus.googleapis.com|"
_NAME = r"([a-zA-Z_:][a-zA-Z0-9_:]*)"
_OVER = regex(_NAME + r"(?:\{[^{}]*\})?(?:\[[^\[\]]*\])?\s*\)*\s*>=?\s*(\d+(?:\.\d+)?)")
# The value is another one after these.
_CHANGED = regex(r"[*/+]|\b(?:sum|count|topk|sum_over_time)\b")


def check(context: Context) -> Violations:
    """One finding for each target of an autoscaler and each comparison of an alert."""
    catalog = context.catalog.copy()
    rows = (catalog.row("metrics", name) for name in catalog.names("metrics"))
    shares = {one for row in rows if row for one in row.data.get("shares", ())}
    for query in all_queries(context.bundle):
        if not shares.intersection(query.names):
            continue
        for name, value, path in _limits(query.resource, query.path, shares):
            yield violation(
                f"{visible(name)} is at most 1, and the threshold is {value}",
                Place(query.resource, path),
            )


def _limits(one: Resource, path: Path, shares: set[str]) -> Iterator[tuple[str, str, Path]]:
    """Each with the metric, the threshold and its place."""
    if one.kind == "HorizontalPodAutoscaler":
        name = text(one.get(*path)).removeprefix(_GOOGLE).partition("|")[0]
        for field in ("averageValue", "value") if name in shares else ():
            where = (*path[:-2], "target", field)
            limit = number(one.get(*where))
            if limit is not None and limit > 1:
                yield name, text(one.get(*where)), where
        return
    content = text(one.get(*path))
    if _CHANGED.search(content):
        return
    for base, trigger in triggers_of(one):
        given = as_dict(trigger.get("metadata"))
        limit = number(given.get("threshold"))
        if (*base, "metadata", "query") == path and limit is not None and limit > 1:
            named = [name for name in shares if name in content]
            yield named[0], text(given.get("threshold")), (*base, "metadata", "threshold")
    for name, value in _OVER.findall(content) if path[-1:] == ("expr",) else ():
        if name in shares and float(value) > 1:
            yield name, value, path
