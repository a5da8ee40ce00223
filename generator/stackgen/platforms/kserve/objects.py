"""The workload of a service: Deployment or LeaderWorkerSet, its Service and its accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import copied, maps
from stackgen.platforms.kserve import names as labels_of
from stackgen.platforms.kserve.names import MAIN, NAME, PORT, WORKLOAD_COMPONENT, Names, common
from stackgen.platforms.kserve.release import Controller

DOWNLOADED = ("hf://", "s3://")
MODEL_MOUNT = "/mnt/models"
MODEL_VOLUME = "kserve-provision-location"
# Which one, the ConfigMap inferenceservice-config says.
INITIALIZER_IMAGE = "storage-initializer"
PVC_VOLUME = "kserve-pvc-source"
_POD_LABELS = ("kueue.x-k8s.io",)
_POD_ANNOTATIONS = ("k8s.v1.cni.cncf.io", "kueue.x-k8s.io")
_GROUP_ANNOTATIONS = ("leaderworkerset.sigs.k8s.io", *_POD_ANNOTATIONS)


def obj(
    api_version: str, kind: str, namespace: str, name: str, labels: dict[str, str], body: Any
) -> dict[str, Any]:
    """One object; without a namespace when the service does not say its own."""
    meta: dict[str, Any] = {"name": name}
    if namespace:
        meta["namespace"] = namespace
    if labels:
        meta["labels"] = dict(sorted(labels.items()))
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **body}


def workloads(
    controller: Controller, service: dict[str, Any], spec: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The pods of a service with the merged `spec`, those of prefill among them."""
    yield from _workload(controller, service, spec, spec, prefill=False)
    prefill = spec.get("prefill")
    if isinstance(prefill, dict):
        yield from _workload(controller, service, spec, prefill, prefill=True)


def _workload(
    controller: Controller,
    service: dict[str, Any],
    spec: dict[str, Any],
    part: dict[str, Any],
    *,
    prefill: bool,
) -> Iterator[dict[str, Any]]:
    namespace, name = labels_of.name_of(service)
    several = isinstance(part.get("worker"), dict)
    templates = {}
    for which in ("template", "worker"):
        pod = part.get(which)
        if isinstance(pod, dict):
            bears = labels_of.pod_labels(
                name, which, prefill=prefill, several=several,
                split=isinstance(spec.get("prefill"), dict),
                leader=isinstance(part.get("template"), dict),
            )  # fmt: skip
            templates[which] = _template(controller, service, spec, part, pod, bears)
    suffix = "-prefill" if prefill else ""
    account = Names(name).child(f"-kserve-mn{suffix}")
    replicas = part.get("replicas")
    count = {} if replicas is None else {"replicas": replicas}
    if several:
        group: dict[str, Any] = {
            "size": group_size(part),
            "workerTemplate": templates["worker"],
            "restartPolicy": "RecreateGroupOnPodRestart",
        }
        if "template" in templates:
            group["leaderTemplate"] = templates["template"]
        body = {
            **count,
            "leaderWorkerTemplate": group,
            "startupPolicy": "LeaderCreated",
            "rolloutStrategy": {"type": "RollingUpdate"},
        }
        of = templates.get("template", templates["worker"])["metadata"]["labels"]
        for template in templates.values():
            template["spec"]["serviceAccountName"] = account
        made = obj(
            "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", namespace, account, of,
            {"spec": body},
        )  # fmt: skip
        told = _chosen(_meta(service).get("annotations"), _GROUP_ANNOTATIONS)
        if told:
            made["metadata"]["annotations"] = dict(sorted(told.items()))
        yield made
    elif templates:
        labels = templates["template"]["metadata"]["labels"]
        body = {**count, "selector": {"matchLabels": labels}, "template": templates["template"]}
        strategy = part.get("rolloutStrategy")
        if isinstance(strategy, dict):
            body["strategy"] = {"type": "RollingUpdate", "rollingUpdate": dict(strategy)}
        yield obj(
            "apps/v1", "Deployment", namespace,
            Names(name).child(f"-kserve{suffix}"), labels, {"spec": body},
        )  # fmt: skip


def group_size(part: dict[str, Any]) -> int:
    """Pods in a group: data / dataLocal, else pipeline, else 1."""
    parallelism = part.get("parallelism")
    values = parallelism if isinstance(parallelism, dict) else {}
    data, local, pipeline = (values.get(k) for k in ("data", "dataLocal", "pipeline"))
    if isinstance(data, int) and isinstance(local, int) and local > 0:
        return max(1, data // local)
    return pipeline if isinstance(pipeline, int) and pipeline > 0 else 1


def _template(
    controller: Controller,
    service: dict[str, Any],
    spec: dict[str, Any],
    part: dict[str, Any],
    pod: dict[str, Any],
    labels: dict[str, str],
) -> dict[str, Any]:
    meta = _meta(service)
    all_labels = {**labels, **_chosen(meta.get("labels"), _POD_LABELS)}
    grouped = isinstance(part.get("worker"), dict)
    passed = _GROUP_ANNOTATIONS if grouped else _POD_ANNOTATIONS
    annotations = _chosen(meta.get("annotations"), passed)
    if "labels" in controller.fields:
        all_labels |= _texts(part.get("labels"))
        annotations |= _texts(part.get("annotations"))
        annotations |= _chosen(meta.get("annotations"), ("prometheus.io",))
    template: dict[str, Any] = {"metadata": {"labels": dict(sorted(all_labels.items()))}}
    if annotations:
        template["metadata"]["annotations"] = dict(sorted(annotations.items()))
    template["spec"] = with_model(controller, spec, pod)
    return template


def with_model(controller: Controller, spec: dict[str, Any], pod: dict[str, Any]) -> dict[str, Any]:
    """A pod with what brings the model to /mnt/models: a download, or a mounted claim."""
    result = copied(pod)
    model = spec.get("model")
    uri = model.get("uri") if isinstance(model, dict) else None
    switch = spec.get("storageInitializer")
    off = isinstance(switch, dict) and switch.get("enabled") is False
    if not isinstance(uri, str) or (off and "storageInitializer" in controller.fields):
        return result
    mount: dict[str, Any] = {"mountPath": MODEL_MOUNT, "readOnly": True}
    volume: dict[str, Any]
    if uri.startswith(DOWNLOADED):
        volume = {"name": MODEL_VOLUME, "emptyDir": {}}
        own = [i for _, i in maps(result.get("initContainers"))]
        if all(i.get("name") != "storage-initializer" for i in own):
            result["initContainers"] = [
                {
                    "name": "storage-initializer",
                    "image": INITIALIZER_IMAGE,
                    "args": [uri, MODEL_MOUNT],
                    "volumeMounts": [{"mountPath": MODEL_MOUNT, "name": MODEL_VOLUME}],
                },
                *own,
            ]
    elif uri.startswith("pvc://"):
        claim, _, path = uri.removeprefix("pvc://").partition("/")
        volume = {"name": PVC_VOLUME, "persistentVolumeClaim": {"claimName": claim}}
        if path:
            mount["subPath"] = path
    else:
        return result
    volumes = [v for _, v in maps(result.get("volumes"))]
    if all(v.get("name") != volume["name"] for v in volumes):
        result["volumes"] = [*volumes, volume]
    for _, container in maps(result.get("containers")):
        if container.get("name") == MAIN:
            mounts = [m for _, m in maps(container.get("volumeMounts"))]
            if all(m.get("mountPath") != MODEL_MOUNT for m in mounts):
                container["volumeMounts"] = [*mounts, {**mount, "name": volume["name"]}]
    return result


def workload_service(controller: Controller, namespace: str, name: str) -> dict[str, Any]:
    """The Service in front of the servers (leaders of groups, prefill too)."""
    scheme = controller.scheme.lower()
    port = {"name": scheme, "appProtocol": scheme, "port": PORT, "targetPort": PORT}
    body = {
        "spec": {
            "type": "ClusterIP",
            "selector": labels_of.server_selector(name),
            "ports": [{**port, "protocol": "TCP"}],
        }
    }
    labels = common(name, WORKLOAD_COMPONENT)
    return obj("v1", "Service", namespace, Names(name).service, labels, body)


def accounts(namespace: str, name: str, spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """ServiceAccounts that the pods run with when they are not the user's own."""
    labels = {NAME: name}
    for part, suffix in ((spec, ""), (spec.get("prefill"), "-prefill")):
        if isinstance(part, dict) and isinstance(part.get("worker"), dict):
            child = Names(name).child(f"-kserve-mn{suffix}")
            yield obj("v1", "ServiceAccount", namespace, child, labels, {})
    if isinstance(spec.get("prefill"), dict) and not isinstance(spec.get("worker"), dict):
        yield obj("v1", "ServiceAccount", namespace, Names(name).child("-kserve"), labels, {})
        for suffix in ("role", "rb"):
            kind = "Role" if suffix == "role" else "RoleBinding"
            yield _rbac(namespace, name, kind, Names(name).child(f"-kserve-{suffix}"), labels)


def _rbac(
    namespace: str, name: str, kind: str, child: str, labels: dict[str, str]
) -> dict[str, Any]:
    api = "rbac.authorization.k8s.io"
    if kind == "Role":
        rules = [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
            {
                "apiGroups": ["inference.networking.x-k8s.io", "inference.networking.k8s.io"],
                "resources": ["inferencepools"],
                "verbs": ["get", "list", "watch"],
            },
        ]
        return obj(f"{api}/v1", kind, namespace, child, labels, {"rules": rules})
    account = {"kind": "ServiceAccount", "name": Names(name).child("-kserve")}
    ref = {"apiGroup": api, "kind": "Role", "name": Names(name).child("-kserve-role")}
    subject = {**account, **({"namespace": namespace} if namespace else {})}
    return obj(f"{api}/v1", kind, namespace, child, labels, {"roleRef": ref, "subjects": [subject]})


def _meta(service: dict[str, Any]) -> dict[str, Any]:
    meta = service.get("metadata")
    return meta if isinstance(meta, dict) else {}


def _chosen(value: Any, prefixes: tuple[str, ...]) -> dict[str, str]:
    return {k: v for k, v in _texts(value).items() if k.startswith(prefixes)}


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {k: v for k, v in value.items() if isinstance(k, str) and isinstance(v, str)}
