"""What object names of built-in kinds look like, where they are no plain DNS subdomains."""

from __future__ import annotations

from collections.abc import Callable

from stackgen.schema import syntax

# What is wrong with a name, or nothing; with True, with the prefix of a generateName.
NameRule = Callable[[str, bool], str]
_RBAC = "rbac.authorization.k8s.io"


def subdomain(name: str, prefix: bool) -> str:
    return syntax.dns_subdomain(syntax.completed(name) if prefix else name)


def _label(name: str, prefix: bool) -> str:
    return syntax.dns_label(syntax.completed(name) if prefix else name)


def _segment(name: str, prefix: bool) -> str:
    return syntax.path_segment(name)


def _cron_job(name: str, prefix: bool) -> str:
    """Eleven characters are left for what the controller appends."""
    if len(name) > 52 and not prefix:
        return "is longer than 52 characters"
    return subdomain(name, prefix)


NAME_RULES: dict[tuple[str, str], NameRule] = {
    ("", "Namespace"): _label,
    ("", "Service"): _label,
    ("apps", "StatefulSet"): _label,
    ("batch", "CronJob"): _cron_job,
    ("apiregistration.k8s.io", "APIService"): _segment,
    ("policy", "PodDisruptionBudget"): _segment,
    (_RBAC, "ClusterRole"): _segment,
    (_RBAC, "ClusterRoleBinding"): _segment,
    (_RBAC, "Role"): _segment,
    (_RBAC, "RoleBinding"): _segment,
}
# API groups whose server code takes any qualified name as a finalizer.
GENERIC_FINALIZERS = frozenset((
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "node.k8s.io",
    "policy",
))  # fmt: skip
# Kinds whose generation the server sets itself: what is written there does not matter.
NUMBERED_BY_SERVER = frozenset((
    ("", "Pod"), ("", "PodTemplate"), ("", "ReplicationController"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"), ("apps", "DaemonSet"),
    ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("batch", "CronJob"),
    ("batch", "Job"), ("discovery.k8s.io", "EndpointSlice"), ("networking.k8s.io", "Ingress"),
    ("networking.k8s.io", "IngressClass"), ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"), ("resource.k8s.io", "DeviceClass"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
))  # fmt: skip
# Kinds whose objects the server names when they have no name.
NAMED_BY_SERVER = frozenset((("", "LimitRange"),))
