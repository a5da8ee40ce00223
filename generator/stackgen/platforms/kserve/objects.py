"""The workload of a service: Deployment or LeaderWorkerSet, and its Service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict
from stackgen.platforms.kserve import names as labels_of
from stackgen.platforms.kserve.accounts import Accounts, sidecar_of
from stackgen.platforms.kserve.credentials import Source
from stackgen.platforms.kserve.extras import server_tracing, with_offloading
from stackgen.platforms.kserve.names import PORT, WORKLOAD_COMPONENT, Names, common, obj
from stackgen.platforms.kserve.release import Controller
from stackgen.platforms.kserve.scaling import scaled_object
from stackgen.platforms.kserve.storage import with_model

_POD_LABELS = ("kueue.x-k8s.io",)
_POD_ANNOTATIONS = ("k8s.v1.cni.cncf.io", "kueue.x-k8s.io")
_GROUP_ANNOTATIONS = ("leaderworkerset.sigs.k8s.io", *_POD_ANNOTATIONS)
_LATER = ("prometheus.io", "internal.serving.kserve.io/localmodel")
MODEL_ROUTING = "serving.kserve.io/model-based-routing-enabled"
Object = dict[str, Any]


def workloads(
    controller: Controller, service: Object, spec: Object, accounts: Accounts
) -> Iterator[Object]:
    """The Pods of a service with the merged `spec`, those of prefill among them."""
    yield from _workload(controller, service, spec, spec, accounts, prefill=False)
    prefill = spec.get("prefill")
    if isinstance(prefill, dict):
        yield from _workload(controller, service, spec, prefill, accounts, prefill=True)


def _workload(
    controller: Controller,
    service: Object,
    spec: Object,
    part: Object,
    accounts: Accounts,
    *,
    prefill: bool,
) -> Iterator[Object]:
    namespace, name = labels_of.name_of(service)
    several = isinstance(part.get("worker"), dict)
    templates = {}
    for which in ("template", "worker"):
        pod = part.get(which)
        if isinstance(pod, dict) and (several or which == "template"):
            bears = labels_of.pod_labels(
                name, which, prefill=prefill, several=several,
                split=isinstance(spec.get("prefill"), dict),
                leader=isinstance(part.get("template"), dict),
            )  # fmt: skip
            account = accounts.server(several=several, prefill=prefill, pod=pod)
            pod = _pod(controller, spec, part, pod, accounts.source(pod, account))
            if account:
                pod["serviceAccountName"] = account
            if not prefill:
                _name_pool(spec, pod, name)
            templates[which] = _template(controller, service, part, pod, bears)
            if isinstance(spec.get("tracing"), dict):
                server_tracing(spec["tracing"], namespace, name, prefill=prefill, pod=pod)
    replicas = part.get("replicas")
    count = {} if replicas is None else {"replicas": replicas}
    if several:
        made = _group(service, part, templates, count, prefill=prefill, later=_later(controller))
        yield made
        yield from scaled_object(controller, service, part, made, prefill=prefill)
    elif templates:
        labels = templates["template"]["metadata"]["labels"]
        body = {**count, "selector": {"matchLabels": labels}, "template": templates["template"]}
        strategy = part.get("rolloutStrategy")
        if isinstance(strategy, dict) and "rolloutStrategy" in controller.fields:
            body["strategy"] = {"type": "RollingUpdate", "rollingUpdate": dict(strategy)}
        made = obj(
            "apps/v1", "Deployment", namespace,
            Names(name).child("-kserve-prefill" if prefill else "-kserve"), labels, {"spec": body},
        )  # fmt: skip
        yield _annotated(made, _chosen(service, (*_POD_ANNOTATIONS, *_later(controller))))
        yield from scaled_object(controller, service, part, made, prefill=prefill)


def _group(
    service: Object, part: Object, templates: Object, count: Object, *, prefill: bool,
    later: tuple[str, ...],
) -> Object:  # fmt: skip
    """The LeaderWorkerSet; it bears the labels of its workers."""
    namespace, name = labels_of.name_of(service)
    size = group_size(part)
    group: Object = {
        "workerTemplate": templates["worker"],
        "restartPolicy": "RecreateGroupOnPodRestart",
        **({} if size is None else {"size": size}),
    }
    if "template" in templates:
        group["leaderTemplate"] = templates["template"]
    if prefill and size is not None and _data_parallel(part):
        group["subGroupPolicy"] = {"subGroupSize": size}
    body = {
        **count,
        "leaderWorkerTemplate": group,
        "startupPolicy": "LeaderCreated",
        "rolloutStrategy": {"type": "RollingUpdate"},
    }
    made = obj(
        "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", namespace,
        Names(name).group(prefill=prefill),
        templates["worker"]["metadata"]["labels"], {"spec": body},
    )  # fmt: skip
    return _annotated(made, _chosen(service, (*_GROUP_ANNOTATIONS, *later)))


def _later(controller: Controller) -> tuple[str, ...]:
    """Prefixes of annotations that later releases hand on to pods."""
    return _LATER if "labels" in controller.fields else ()


def _annotated(data: Object, told: dict[str, str]) -> Object:
    if told:
        data["metadata"]["annotations"] = dict(sorted(told.items()))
    return data


def _data_parallel(part: Object) -> bool:
    parallelism = as_dict(part.get("parallelism"))
    return bool(parallelism.get("data") or parallelism.get("dataLocal"))


def group_size(part: Object) -> int | None:
    """Pods in a group: data / dataLocal, else pipeline; None when the controller leaves it out."""
    values = as_dict(part.get("parallelism"))
    data, local, pipeline = (
        value if isinstance(value, int) else None
        for value in (values.get(key) for key in ("data", "dataLocal", "pipeline"))
    )
    if data or local:
        return max(1, max(data or 1, 1) // max(local or 1, 1))
    return pipeline or None


def _pod(
    controller: Controller,
    spec: Object,
    part: Object,
    pod: Object,
    source: Source,
) -> Object:
    """The Pod with the model, and with what a cache outside of the accelerator needs."""
    made = with_model(controller, spec, pod, source)
    offloading = as_dict(part.get("kvCacheOffloading"))
    if "kvCacheOffloading" in controller.fields:
        with_offloading(offloading, made)
    return made


def _name_pool(spec: Object, pod: Object, name: str) -> None:
    """The sidecar that sends requests to prefill servers is told the pool."""
    sidecar = sidecar_of(pod)
    if sidecar is not None and isinstance(spec.get("router"), dict):
        scheduler = as_dict(spec["router"].get("scheduler"))
        ref = as_dict(as_dict(scheduler.get("pool")).get("ref")).get("name")
        value = str(ref) if ref else Names(name).pool
        env = sidecar.setdefault("env", [])
        env.append({"name": "INFERENCE_POOL_NAME", "value": value})


def _template(
    controller: Controller, service: Object, part: Object, pod: Object, labels: dict[str, str]
) -> Object:
    meta = as_dict(service.get("metadata"))
    all_labels = {**labels, **_with_prefix(meta.get("labels"), _POD_LABELS)}
    grouped = isinstance(part.get("worker"), dict)
    passed = _GROUP_ANNOTATIONS if grouped else _POD_ANNOTATIONS
    annotations = _chosen(service, (*passed, *_later(controller)))
    if "labels" in controller.fields:
        all_labels |= _texts(part.get("labels"))
        own = _texts(part.get("annotations"))
        annotations |= {k: v for k, v in own.items() if k != MODEL_ROUTING}
    template: Object = {"metadata": {"labels": dict(sorted(all_labels.items()))}}
    if annotations:
        template["metadata"]["annotations"] = dict(sorted(annotations.items()))
    template["spec"] = pod
    return template


def workload_service(controller: Controller, namespace: str, name: str, spec: Object) -> Object:
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
    told: dict[str, str] = {}
    if "labels" in controller.fields:
        labels = {**labels, **_texts(spec.get("labels"))}
        own = _texts(spec.get("annotations"))
        told = {k: v for k, v in own.items() if k != MODEL_ROUTING}
    return _annotated(obj("v1", "Service", namespace, Names(name).service, labels, body), told)


def _chosen(service: Object, prefixes: tuple[str, ...]) -> dict[str, str]:
    return _with_prefix(as_dict(service.get("metadata")).get("annotations"), prefixes)


def _with_prefix(values: Any, prefixes: tuple[str, ...]) -> dict[str, str]:
    """Those whose key begins with one of the prefixes."""
    return {k: v for k, v in _texts(values).items() if k.startswith(prefixes)}


def _texts(values: Any) -> dict[str, str]:
    return {k: v for k, v in as_dict(values).items() if isinstance(k, str) and isinstance(v, str)}
