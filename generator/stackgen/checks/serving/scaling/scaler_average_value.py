"""An autoscaler that divides an average, or the highest value, by the number of replicas."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

# The outermost function of a query whose result does not grow with the number of replicas.
_OF_ONE = regex(r"\s*(?P<name>avg|max|min|quantile|histogram_quantile|avg_over_time)\b")
_TYPES = ("AverageValue", "")


def check(context: Context) -> Violations:
    """One finding for each Prometheus trigger of a ScaledObject with metricType AverageValue."""
    for scaler in context.bundle.of_kind("ScaledObject", "keda.sh"):
        for i, trigger in maps(scaler.get("spec", "triggers")):
            query = text(as_dict(trigger.get("metadata")).get("query"))
            found = _OF_ONE.match(query)
            if found is None or trigger.get("type") != "prometheus":
                continue
            if text(trigger.get("metricType")) in _TYPES:
                yield violation(
                    f"the query is {found['name']}(), which does not grow with the number of "
                    "replicas, and metricType AverageValue divides it by that number",
                    Place(scaler, ("spec", "triggers", i, "metadata", "query")),
                )
