"""A trigger of KEDA without what its type needs."""

from __future__ import annotations

from stackgen.catalog.scaling import triggers
from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each trigger. An authentication may give what is not a setting."""
    for kind in ("ScaledObject", "ScaledJob"):
        for scaler in context.bundle.of_kind(kind, "keda.sh"):
            for i, trigger in maps(scaler.get("spec", "triggers")):
                given = as_dict(trigger.get("metadata"))
                row = triggers().get(text(trigger.get("type")), {})
                # `FROM_ENV` variants take the value from a variable of the target.
                missing = [
                    name
                    for name in row.get("needed", ())
                    if name not in given and f"{name}FromEnv" not in given
                ]
                if missing and not trigger.get("authenticationRef"):
                    yield violation(
                        f"trigger {i} of type {trigger.get('type')} has no {', '.join(missing)}",
                        Place(scaler, ("spec", "triggers", i, "metadata")),
                    )
