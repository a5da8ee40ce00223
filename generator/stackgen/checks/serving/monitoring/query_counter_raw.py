"""An autoscaler that scales by the value of a counter."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.queries import queries
from stackgen.facts.shape import text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

_RATES = regex(r"\b(i?rate|i?increase|i?delta|deriv|resets|changes|histogram_quantile)\s*\(")


def check(context: Context) -> Violations:
    """Queries of ScaledObjects that take no rate of a counter."""
    for query in queries(context.bundle.of_kind("ScaledObject", "keda.sh")):
        content = text(query.resource.get(*query.path))
        counters = [name for name in query.names if name.endswith("_total")]
        if counters and not _RATES.search(content):
            yield violation(
                f"{visible(counters[0])} is a counter, which only grows, and the query does "
                "not use rate()",
                Place(query.resource, query.path),
            )
