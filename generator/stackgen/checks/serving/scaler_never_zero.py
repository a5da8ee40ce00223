"""A ScaledObject that is to scale to zero, with triggers that cannot."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import maps
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each minReplicaCount or idleReplicaCount of 0 with CPU and memory only."""
    for scaler in context.bundle.of_kind("ScaledObject", "keda.sh"):
        types = {str(trigger.get("type")) for _, trigger in maps(scaler.get("spec", "triggers"))}
        if not types or not types <= {"cpu", "memory"}:
            continue
        for field in ("minReplicaCount", "idleReplicaCount"):
            if scaler.get("spec", field) == 0:
                yield violation(
                    f"{field} is 0, and all triggers are {' or '.join(sorted(types))}",
                    Place(scaler, ("spec", field)),
                )
