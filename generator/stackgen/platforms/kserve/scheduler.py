"""The endpoint picker (EPP) of a service: Deployment, Service, account and rights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import maps
from stackgen.platforms.kserve.names import Names, scheduler_labels
from stackgen.platforms.kserve.objects import obj
from stackgen.platforms.kserve.pools import has_scheduler
from stackgen.platforms.kserve.release import OLD_POOLS, V1_POOLS, Controller

PORTS = ("grpc", "grpc-health", "metrics", "zmq")
_RBAC = "rbac.authorization.k8s.io"


def scheduler(
    controller: Controller, namespace: str, name: str, spec: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Everything of the endpoint picker; nothing when the service has none of its own."""
    if not has_scheduler(spec):
        return
    own = spec["router"]["scheduler"]
    names, labels = Names(name), scheduler_labels(name)
    template = own.get("template") if isinstance(own.get("template"), dict) else {}
    body: dict[str, Any] = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": template},
    }
    if "scheduler.replicas" in controller.fields:
        body = {"replicas": own.get("replicas", 1), "strategy": {"type": "Recreate"}, **body}
    yield obj("apps/v1", "Deployment", namespace, names.scheduler, labels, {"spec": body})
    yield _service(namespace, names, labels, template)
    yield obj("v1", "ServiceAccount", namespace, names.scheduler_account, labels, {})
    yield from _rights(namespace, name, names, labels)


def _service(
    namespace: str, names: Names, labels: dict[str, str], template: dict[str, Any]
) -> dict[str, Any]:
    ports = [
        {"name": port["name"], "port": port["containerPort"], "targetPort": port["name"]}
        for _, container in maps(template.get("containers"))
        for _, port in maps(container.get("ports"))
        if port.get("name") in PORTS and "containerPort" in port
    ]
    spec = {"type": "ClusterIP", "selector": labels, "ports": ports}
    return obj("v1", "Service", namespace, names.scheduler_service, labels, {"spec": spec})


def _rights(
    namespace: str, name: str, names: Names, labels: dict[str, str]
) -> Iterator[dict[str, Any]]:
    read = ["get", "list", "watch"]
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": read},
        {
            "apiGroups": [OLD_POOLS],
            "resources": ["inferencepools", "inferencemodels", "inferenceobjectives"],
            "verbs": read,
        },
        {"apiGroups": [V1_POOLS], "resources": ["inferencepools"], "verbs": read},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
    ]
    role = names.child("-epp-role")
    subject: dict[str, Any] = {"kind": "ServiceAccount", "name": names.scheduler_account}
    if namespace:
        subject["namespace"] = namespace
    yield obj(f"{_RBAC}/v1", "Role", namespace, role, labels, {"rules": rules})
    ref = {"apiGroup": _RBAC, "kind": "Role", "name": role}
    binding = {"roleRef": ref, "subjects": [subject]}
    yield obj(f"{_RBAC}/v1", "RoleBinding", namespace, names.child("-epp-rb"), labels, binding)
    ref = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "system:auth-delegator"}
    cluster_wide = f"{namespace or 'default'}-{name}-epp-auth-rb"
    binding = {"roleRef": ref, "subjects": [subject]}
    yield obj(f"{_RBAC}/v1", "ClusterRoleBinding", "", cluster_wide, labels, binding)
