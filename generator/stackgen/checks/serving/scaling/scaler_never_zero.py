"""A ScaledObject that is to scale to zero, with triggers that cannot start a Pod again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stackgen.catalog.scaling import scaling
from stackgen.checks.context import Context
from stackgen.facts.queries import names_of, recorded
from stackgen.facts.shape import at, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.regex import regex

# A query that has an answer also where there is no series. An answer of 0 starts nothing.
_ANSWERS = (" or ", "absent", "vector(")
_ZERO = regex(r"\bor\s+(?:on\s*\(\s*\)\s*)?vector\(\s*0(?:\.0*)?\s*\)")
# A selector by a label of the Pod or of the scrape, whose value is the name of what is scaled,
# perhaps with the rest of the name of a Pod as a pattern.
_LABEL = (
    r"\b(?:app|job|pod|container|app_kubernetes_io_name)\s*=~?\s*[\"']{}(?:[\"']|-?(?:\[|\.[*+]))"
)


def check(context: Context) -> Violations:
    """One finding for each field that says 0, or for the ScaledObject where KEDA's default is 0."""
    prefixes, series = _of_servers(context), recorded(context.bundle.objects)
    for scaler in context.bundle.of_kind("ScaledObject", "keda.sh"):
        triggers = [trigger for _, trigger in maps(scaler.get("spec", "triggers"))]
        types = {text(trigger.get("type")) for trigger in triggers}
        usage = bool(types) and types <= {"cpu", "memory"}
        own = bool(triggers) and all(
            _only(trigger, prefixes, series, text(scaler.get("spec", "scaleTargetRef", "name")))
            for trigger in triggers
        )
        if not usage and (not own or scaler.get("spec", "fallback") is not None):
            continue
        cause = (
            f"all triggers are {' or '.join(sorted(types))}"
            if usage
            else "all queries read metrics of the scaled servers, which no Pod exports then"
        )
        for field in ("minReplicaCount", "idleReplicaCount"):
            if scaler.get("spec", field) == 0:
                # Servers of other Deployments may export the metrics too.
                yield violation(
                    f"{field} is 0, and {cause}",
                    Place(scaler, ("spec", field)),
                    severity=None if usage else Severity.WARNING,
                )
        if own and scaler.get("spec", "minReplicaCount") is None:
            yield violation(
                f"minReplicaCount is not set (default 0), and {cause}",
                Place(scaler, ("spec",), key=True),
                severity=Severity.WARNING,
            )


def _of_servers(context: Context) -> tuple[str, ...]:
    """How the names of metrics begin that model servers export."""
    catalog = context.catalog.copy()
    rows = [catalog.row("metrics", name) for name in scaling()["servers"]]
    return tuple(prefix for row in rows if row is not None for prefix in row.data["prefixes"])


def _only(
    trigger: dict[str, Any],
    prefixes: tuple[str, ...],
    series: Mapping[str, tuple[str, ...]],
    target: str,
) -> bool:
    """Whether a trigger reads only what a running model server, or the target itself, has."""
    if trigger.get("type") in ("cpu", "memory"):
        return True
    query = _ZERO.sub("", text(at(trigger, "metadata", "query")))
    names = names_of(query)
    read = [source for name in names for source in series.get(name, (name,))]
    of_target = target and re.search(_LABEL.format(re.escape(target)), query)
    others = tuple(scaling()["others"])
    return (
        trigger.get("type") == "prometheus"
        and bool(names)
        and all(
            one.startswith(prefixes) or (of_target and not one.startswith(others)) for one in read
        )
        and not any(word in query for word in _ANSWERS)
    )
