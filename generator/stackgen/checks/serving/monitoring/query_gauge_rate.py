"""A query that takes the rate of a gauge."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.queries import queries
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

_RATE = regex(r"\b(i?rate|increase)\s*\(\s*([a-zA-Z_:][a-zA-Z0-9_:]*)")

# A rate, or the sum of rates.
_TAKEN = regex(r"\s*(?:(?:sum|avg|max|min)\s*(?:(?:by|without)\s*\([^()]*\))?\s*\(\s*)?i?rate\s*\(")


def check(context: Context) -> Violations:
    """One finding for each gauge of a known program and each query."""
    catalog = context.catalog.copy()
    rows = (catalog.row("metrics", name) for name in catalog.names("metrics"))
    # Of some programs it is not verified that they are gauges.
    sure = [row.data for row in rows if row and "gauges" not in (row.data.get("status") or {})]
    gauges = {gauge for data in sure for gauge in data.get("gauges", ())}
    rates = {name for name, expr in _recorded(context) if name and _TAKEN.match(expr)}
    for query in queries(context.bundle.objects):
        if rates.intersection(query.names):
            for function, name in dict.fromkeys(
                _RATE.findall(text(query.resource.get(*query.path)))
            ):
                if name in rates:
                    yield violation(
                        f"{visible(name)} is a recorded rate, of which {function}() gives no "
                        "meaningful number",
                        Place(query.resource, query.path),
                    )
        if not gauges.intersection(query.names):
            continue
        taken = dict.fromkeys(_RATE.findall(text(query.resource.get(*query.path))))
        for function, name in taken:
            if name in gauges:
                yield violation(
                    f"{visible(name)} is a gauge, of which {function}() gives no meaningful number",
                    Place(query.resource, query.path),
                )


def _recorded(context: Context) -> Iterator[tuple[str, str]]:
    """The series of recording rules, with their expressions."""
    for one in context.bundle.of_kind("PrometheusRule", "monitoring.coreos.com"):
        for _, group in maps(one.get("spec", "groups")):
            for _, rule in maps(group.get("rules")):
                yield text(rule.get("record")), text(rule.get("expr"))
