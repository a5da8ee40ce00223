"""A query of KEDA with a result for each Pod, where KEDA takes one number."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.quantity import whole
from stackgen.facts.queries import triggers_of
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

# A series, or the rate of one, perhaps with a calculation by a number.
_PLAIN = regex(
    r"\s*\(?\s*(?:(?P<function>i?rate|increase|deriv|\w+_over_time)\s*\(\s*)?"
    r"(?P<name>vllm:\w+)\s*(?:\{(?P<labels>[^{}]*)\}\s*)?(?:\[[0-9smhd]+\]\s*)?\)?\s*\)?\s*"
    r"(?:[-+*/]\s*[\d.]+\s*)?\Z"
)
_ONE_POD = regex(r"\b(?:pod|instance)\s*=\s*\"")


def check(context: Context) -> Violations:
    """One finding for each trigger of what may have several Pods."""
    for scaler in context.bundle.of_kind("ScaledObject", "keda.sh"):
        most = scaler.get("spec", "maxReplicaCount")
        if (100 if most is None else whole(most) or 0) < 2:
            continue
        for path, trigger in triggers_of(scaler):
            query = text(as_dict(trigger.get("metadata")).get("query"))
            found = _PLAIN.match(query)
            if trigger.get("type") != "prometheus" or found is None:
                continue
            if not _ONE_POD.search(found["labels"] or ""):
                yield violation(
                    f"the query has a result for each Pod that exports {visible(found['name'])}, "
                    "and KEDA takes one number",
                    Place(scaler, (*path, "metadata", "query")),
                )
