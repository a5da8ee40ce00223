"""A policy in another namespace than its pods."""

from __future__ import annotations

from stackgen.checks.composed import folder, is_left_out
from stackgen.checks.context import Context
from stackgen.checks.network.closed import needs
from stackgen.checks.network.view import View, view
from stackgen.checks.serving.provided import TEMPLATE, provided
from stackgen.facts.shape import as_dict, maps, text
from stackgen.facts.templates import accelerates
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.model import Pod
from stackgen.net.policies import Policy
from stackgen.net.profile import half_seen

# What a namespace has beside Pods: with anything else, Pods may come that are not shown.
_WITHOUT_PODS = frozenset(
    {
        "NetworkPolicy", "Namespace", "ServiceAccount", "Role", "RoleBinding", "ResourceQuota",
        "LimitRange", "AuthorizationPolicy", "PeerAuthentication",
    }
)  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each policy whose Pods are in another namespace."""
    seen, known = view(context), provided(context)
    servers = _namespaces_of_servers(context, seen)
    empty = _without_pods(seen) if servers and not known.opaque else frozenset()
    for policy in seen.policies:
        wanted = policy.subject.pods
        if not policy.namespace or wanted is None or policy.namespace in seen.hidden:
            continue
        if seen.selected(policy) or known.composed(policy.resource):
            continue
        if is_left_out(context, policy.resource):
            continue
        # What only excludes Pods, and the template of Kubebuilder, say nothing about a namespace.
        excludes = wanted.requirements and not any(
            r.operator in ("In", "Exists") for r in wanted.requirements
        )
        if policy.namespace == TEMPLATE or excludes:
            continue
        pods = seen.labelled.candidates("*", wanted) if wanted.requirements else []
        there = [x for x in pods if wanted.matches(x.labels)]
        given = bool(policy.resource.namespace)
        where = policy.namespace if given else f"no namespace, so in {policy.namespace}"
        place = Place(policy.resource, ("metadata", "namespace" if given else "name"))
        if any(x.resource is not None and _beside(policy, x.resource) for x in there):
            names = ", ".join(sorted({x.namespace for x in there}))
            yield violation(
                f"{policy.resource.name} is in {where}; the Pods it selects are in {names}", place,
                severity=None if given else Severity.WARNING,
            )  # fmt: skip
        elif not there and policy.namespace in empty:
            yield violation(
                f"{policy.resource.name} is in {where}, which has no Pod here; the model servers "
                f"are in {', '.join(servers)}",
                place,
                severity=Severity.WARNING,
            )


def _beside(policy: Policy, other: Resource) -> bool:
    """Without a namespace, a policy is about the Pods of its own folder at most."""
    return bool(policy.resource.namespace) or folder(policy.resource) == folder(other)


def _namespaces_of_servers(context: Context, seen: View) -> list[str]:
    """The namespaces of model servers that say which one they are in."""
    found = {pod.namespace for pod, _ in needs(context).serving_pods() if _says(pod)}
    found |= {pod.namespace for pod in seen.world.pods if _says(pod) and _accelerated(pod)}
    return sorted(found)


def _accelerated(pod: Pod) -> bool:
    """Whether its containers request GPUs or TPUs."""
    for _, container in maps(pod.spec.get("containers")):
        resources = as_dict(container.get("resources"))
        for section in ("limits", "requests"):
            if any(accelerates(str(key)) for key in as_dict(resources.get(section))):
                return True
    return False


def _says(pod: Pod) -> bool:
    return pod.resource is not None and bool(pod.resource.namespace)


def _without_pods(seen: View) -> frozenset[str]:
    """Namespaces of policies in which nothing that makes Pods is, and to which nothing refers."""
    found = {x.namespace for x in seen.policies if x.resource.namespace}
    for resource in seen.context.bundle.objects:
        if resource.kind not in _WITHOUT_PODS:
            found.discard(resource.namespace)
        for _, ref in maps(resource.get("spec", "parentRefs")):
            found.discard(text(ref.get("namespace")))
    for policy, _, rule in seen.network_rules():
        for peer in rule.peers or ():
            found -= seen.namespaces_of(peer, policy) or set() if peer.namespaces else set()
    return frozenset(x for x in found if not half_seen(x))
