"""Built-in Kubernetes kinds, judged as the API server judges them (1.36).

Decoding into typed values comes first, then metadata and the kind's own rules. The server stops
where decoding fails. Here, the rest of the object is checked too, so that one run reports it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stackgen import paths
from stackgen.schema.native import (
    admission,
    apiservice,
    config,
    crd,
    devices,
    jobs,
    metadata,
    network,
    quota,
    rbac,
    scaling,
    service,
    storage,
    updates,
    workloads,
)
from stackgen.schema.native.decode import decoder
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.names import (
    GENERIC_FINALIZERS,
    NAME_RULES,
    NAMED_BY_SERVER,
    NUMBERED_BY_SERVER,
    subdomain,
)
from stackgen.schema.native.report import Report
from stackgen.schema.native.undecoded import apart, without
from stackgen.schema.problem import Problem
from stackgen.schema.store import namespaced

Validator = Callable[[Fields], None]

_ADMISSION = "admissionregistration.k8s.io"
_NETWORK, _RBAC = "networking.k8s.io", "rbac.authorization.k8s.io"
_RESOURCE, _STORAGE = "resource.k8s.io", "storage.k8s.io"

VALIDATORS: dict[tuple[str, str], Validator] = {
    ("", "ConfigMap"): config.check_config_map,
    ("", "Endpoints"): service.check_endpoints,
    ("", "Event"): config.check_event,
    ("", "LimitRange"): quota.check_limit_range,
    ("", "Namespace"): config.check_namespace,
    ("", "PersistentVolume"): storage.check_volume,
    ("", "PersistentVolumeClaim"): storage.check_claim,
    ("", "Pod"): workloads.check_pod,
    ("", "PodTemplate"): workloads.check_pod_template,
    ("", "ReplicationController"): workloads.check_replication_controller,
    ("", "ResourceQuota"): quota.check_quota,
    ("", "Secret"): config.check_secret,
    ("", "Service"): service.check_service,
    ("", "ServiceAccount"): config.check_service_account,
    (_ADMISSION, "MutatingAdmissionPolicy"): admission.check_policy,
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): admission.check_binding,
    (_ADMISSION, "MutatingWebhookConfiguration"): admission.check_mutating,
    (_ADMISSION, "ValidatingAdmissionPolicy"): admission.check_policy,
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): admission.check_binding,
    (_ADMISSION, "ValidatingWebhookConfiguration"): admission.check_validating,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): crd.check_definition,
    ("apiregistration.k8s.io", "APIService"): apiservice.check_api_service,
    ("apps", "ControllerRevision"): workloads.check_controller_revision,
    ("apps", "DaemonSet"): workloads.check_daemon_set,
    ("apps", "Deployment"): workloads.check_deployment,
    ("apps", "ReplicaSet"): workloads.check_replica_set,
    ("apps", "StatefulSet"): workloads.check_stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): scaling.check_autoscaler,
    ("batch", "CronJob"): jobs.check_cron_job,
    ("batch", "Job"): jobs.check_job,
    ("coordination.k8s.io", "Lease"): config.check_lease,
    ("discovery.k8s.io", "EndpointSlice"): service.check_endpoint_slice,
    (_NETWORK, "Ingress"): network.check_ingress,
    (_NETWORK, "IngressClass"): network.check_ingress_class,
    (_NETWORK, "NetworkPolicy"): network.check_network_policy,
    ("node.k8s.io", "RuntimeClass"): storage.check_runtime_class,
    ("policy", "PodDisruptionBudget"): scaling.check_budget,
    (_RBAC, "ClusterRole"): rbac.check_cluster_role,
    (_RBAC, "ClusterRoleBinding"): rbac.check_cluster_role_binding,
    (_RBAC, "Role"): rbac.check_role,
    (_RBAC, "RoleBinding"): rbac.check_role_binding,
    (_RESOURCE, "DeviceClass"): devices.check_device_class,
    (_RESOURCE, "ResourceClaim"): devices.check_claim,
    (_RESOURCE, "ResourceClaimTemplate"): devices.check_claim_template,
    ("scheduling.k8s.io", "PriorityClass"): scaling.check_priority_class,
    (_STORAGE, "CSIDriver"): storage.check_csi_driver,
    (_STORAGE, "StorageClass"): storage.check_storage_class,
    (_STORAGE, "VolumeAttributesClass"): storage.check_attributes_class,
}
# Kinds judged by decoding and metadata alone.
STRUCTURAL = frozenset((
    ("", "Node"), ("certificates.k8s.io", "CertificateSigningRequest"), ("events.k8s.io", "Event"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"), (_NETWORK, "IPAddress"),
    (_NETWORK, "ServiceCIDR"), (_RESOURCE, "ResourceSlice"), (_STORAGE, "CSINode"),
    (_STORAGE, "CSIStorageCapacity"), (_STORAGE, "VolumeAttachment"),
))  # fmt: skip
LIST = ("", "List")
KINDS = frozenset(VALIDATORS) | STRUCTURAL | {LIST}


def validate(
    data: dict[str, Any], previous: dict[str, Any] | None = None, schema_path: str = ""
) -> list[Problem]:
    """The problems of one object of a kind in KINDS; none when the server accepts it.

    previous: the object it replaces. schema_path: the file that answers for its version, when it
    is not the built-in one. `data` is not changed.
    """
    version, kind = data["apiVersion"], data["kind"]
    group, _, short = version.rpartition("/")
    path = schema_path or paths.schemas(group or "core", f"{kind.lower()}_{short}.json")
    report = Report(update=previous is not None)
    decoded = decoder(path)(data, (), report)
    wrong = list(report.problems)
    if (group, kind) == LIST:
        return wrong
    if wrong:
        decoded = without(decoded, [p.path for p in wrong])
    _check_metadata(decoded, group, kind, report)
    check = VALIDATORS.get((group, kind))
    if check is not None:
        check(Fields(decoded, (), report))
    if previous is not None:
        before = decoder(path)(previous, (), Report())
        updates.check(group, kind, before, decoded, report)
    return [*wrong, *apart(report.problems[len(wrong) :], wrong)] if wrong else report.problems


def _check_metadata(data: dict[str, Any], group: str, kind: str, report: Report) -> None:
    meta = data.get("metadata") or {}
    rule = NAME_RULES.get((group, kind), subdomain)
    if (group, kind) in NAMED_BY_SERVER and not meta.get("name"):
        meta = {**meta, "name": "named-by-the-server"}
    if (group, kind) in NUMBERED_BY_SERVER and isinstance(meta.get("generation"), int):
        meta = {**meta, "generation": 1}
    metadata.check(Fields(meta, ("metadata",), report), namespaced(group, kind), rule)
    if group not in GENERIC_FINALIZERS:
        for i, name in enumerate(meta.get("finalizers") or ()):
            if "/" not in name and name not in ("foregroundDeletion", "kubernetes", "orphan"):
                wrong = "must be written domain/name"
                report.name(("metadata", "finalizers", i), name, wrong)
