"""A trigger of KEDA without what its type needs."""

from __future__ import annotations

from stackgen.catalog.scaling import scaling, triggers
from stackgen.checks.context import Context
from stackgen.facts.queries import triggers_of
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each trigger. An authentication may give some of the settings."""
    for scaler in context.bundle.objects:
        for path, trigger in triggers_of(scaler):
            given = as_dict(trigger.get("metadata"))
            row = triggers().get(text(trigger.get("type")), {})
            needed = [*row.get("needed", ())]
            if not trigger.get("authenticationRef"):
                needed += row.get("authenticated", ())
                needed += scaling()["authenticated"].get(text(trigger.get("type")), ())
            # `FROM_ENV` variants take the value from a variable of the target.
            missing = [
                n
                for n in needed
                if given.get(n, "") == "" and not any(k.startswith(f"{n}FromEnv") for k in given)
            ]
            if missing:
                yield violation(
                    f"trigger {path[-1]} of type {trigger.get('type')} has no {', '.join(missing)}",
                    Place(scaler, (*path, "metadata")),
                )
