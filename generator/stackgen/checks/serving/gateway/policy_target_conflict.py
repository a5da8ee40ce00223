"""Two policies of one kind for the same target, of which a chart may make one."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import applied_to
from stackgen.checks.serving.gateway.access_policies import policies, targets
from stackgen.facts.chart_pools import chart_pools
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.environments import deployed
from stackgen.manifest.resource import Resource

_GOOGLE = (
    "HealthCheckPolicy", "GCPBackendPolicy", "GCPGatewayPolicy", "GCPTrafficDistributionPolicy",
)  # fmt: skip


def check(context: Context) -> Violations:
    """At the second policy. Samples in different files are often alternatives."""
    yield from _of_charts(context)
    first: dict[tuple[str, ...], list[tuple[Resource, Place]]] = {}
    for policy in (*policies(context), *_of_google(context)):
        if policy.get("spec", "mergeType") is not None:
            continue
        whole = context.complete or context.plan is not None
        for target in targets(policy):
            if not target.name:
                continue
            space = applied_to(target.namespace)
            key = (policy.group, policy.kind, target.kind, space, target.name, target.section)
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


def _of_charts(context: Context) -> Violations:
    """Policies for the pool of a chart that makes one of this kind itself."""
    made = {
        (kind, applied_to(pool.namespace), pool.name): pool
        for pool in chart_pools(context.bundle)
        for kind in pool.policies
        if pool.namespace
    }
    for policy in _of_google(context) if made else ():
        for target in targets(policy):
            pool = made.get((policy.kind, applied_to(target.namespace), target.name))
            if pool is not None and target.kind == "InferencePool":
                yield violation(
                    f"{pool.chart} makes a {policy.kind} for InferencePool {target.name} as well",
                    Place(policy, target.path),
                    pool.place("provider", "makes it"),
                )


def _of_google(context: Context) -> Iterator[Resource]:
    """The policies of the GKE Gateway controller. Each has one target, in its own namespace."""
    for kind in _GOOGLE:
        yield from context.bundle.of_kind(kind, "networking.gke.io")


def _together(context: Context, other: Resource, policy: Resource) -> bool:
    """Whether both are in one file, or one kustomization or delivery has both."""
    if other.file == policy.file:
        return True
    return any({other.file, policy.file} <= files for files in deployed(context.bundle))
