"""A Pod of a critical priority in a namespace in which GKE does not allow it."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Violations, violation

_CRITICAL = ("system-node-critical", "system-cluster-critical")
_GKE = ("cloud.google.com/", "iam.gke.io/")


def check(context: Context) -> Violations:
    """One finding for each Pod, where the input is for GKE."""
    pods = list(pod_specs(context))
    if not any(key.startswith(_GKE) for pod in pods for key in _keys(pod)):
        return
    allowed = {(space, value) for space, value in _quotas(context)}
    for pod in pods:
        priority = text(pod.spec.get("priorityClassName"))
        elsewhere = priority in _CRITICAL and pod.namespace not in ("", "kube-system")
        if elsewhere and (pod.namespace, priority) not in allowed:
            yield violation(
                f"GKE allows {priority} in kube-system, and elsewhere with a ResourceQuota "
                f"for it; namespace {pod.namespace} has none in the input",
                pod.place("priorityClassName"),
            )


def _keys(pod: PodSpec) -> Iterator[str]:
    yield from as_dict(pod.spec.get("nodeSelector"))
    yield from as_dict(pod.resource.get("metadata", "annotations"))


def _quotas(context: Context) -> Iterator[tuple[str, str]]:
    """Namespace and priority class of the quotas by scope."""
    for quota in context.bundle.of_kind("ResourceQuota", ""):
        for _, one in maps(quota.get("spec", "scopeSelector", "matchExpressions")):
            if one.get("scopeName") == "PriorityClass":
                for value in as_list(one.get("values")):
                    yield quota.namespace, str(value)
