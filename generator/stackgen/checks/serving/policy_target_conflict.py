"""Two policies of one kind for the same target."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.access_policies import policies, targets
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """At the second policy. Samples in different files are often alternatives."""
    first: dict[tuple[str, ...], Place] = {}
    for policy in policies(context):
        if policy.get("spec", "mergeType") is not None:
            continue
        place = "" if context.complete or context.plan is not None else policy.file
        for target in targets(policy):
            if not target.name:
                continue
            key = (place, policy.group, policy.kind, *target.whole, target.section)
            here = Place(policy, target.path)
            if key not in first:
                first[key] = here
                continue
            part = f", section {target.section}" if target.section else ""
            yield violation(
                f"two objects of kind {policy.kind} are for {target.kind} {target.name}{part}",
                here,
                Place(first[key].resource, first[key].path, note="the first one"),
            )
