"""What object names of built-in kinds look like, where they are no plain DNS subdomains."""

from __future__ import annotations

from stackgen.schema.metadata import NameRule, dns_label, path_segment, subdomain

_RBAC = "rbac.authorization.k8s.io"


def _cron_job(name: str, prefix: bool = False) -> str:
    """Eleven characters are left for what the controller appends."""
    if len(name) > 52 and not prefix:
        return "has more than 52 characters"
    return subdomain(name, prefix)


NAME_RULES: dict[tuple[str, str], NameRule] = {
    ("", "Namespace"): dns_label,
    ("", "Service"): dns_label,
    ("apps", "StatefulSet"): dns_label,
    ("batch", "CronJob"): _cron_job,
    ("apiregistration.k8s.io", "APIService"): path_segment,
    ("policy", "PodDisruptionBudget"): path_segment,
    (_RBAC, "ClusterRole"): path_segment,
    (_RBAC, "ClusterRoleBinding"): path_segment,
    (_RBAC, "Role"): path_segment,
    (_RBAC, "RoleBinding"): path_segment,
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
