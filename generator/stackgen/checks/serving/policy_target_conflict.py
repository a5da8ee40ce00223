"""Two policies of one kind for the same target."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.access_policies import policies, targets
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.environments import listed
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """At the second policy. Samples in different files are often alternatives."""
    first: dict[tuple[str, ...], list[tuple[Resource, Place]]] = {}
    for policy in policies(context):
        if policy.get("spec", "mergeType") is not None:
            continue
        whole = context.complete or context.plan is not None
        for target in targets(policy):
            if not target.name:
                continue
            key = (policy.group, policy.kind, *target.whole, target.section)
            here = Place(policy, target.path)
            before = first.setdefault(key, [])
            others = (at for one, at in before if whole or _together(context, one, policy))
            other = next(others, None)
            before.append((policy, here))
            if other is None:
                continue
            part = f", section {target.section}" if target.section else ""
            yield violation(
                f"two objects of kind {policy.kind} are for {target.kind} {target.name}{part}",
                here,
                Place(other.resource, other.path, note="the first one"),
            )


def _together(context: Context, other: Resource, policy: Resource) -> bool:
    """Whether both are in one file, or one kustomization lists both."""
    if other.file == policy.file:
        return True
    indexes = (r for r in context.bundle.resources if r.index)
    return any({other.file, policy.file} <= listed(index) for index in indexes)
