"""Layer 4-model-cache: volumes for weights and compiled programs, and the Jobs that fill them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.facts.volumes import disk_of
from stackgen.origin import Because, Traced, When, all_of, any_of, computed, is_set, text
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.model_cache import DOWNLOADS
from stackgen.render.devices import pod_devices
from stackgen.render.model_cache import fuse_annotations
from stackgen.render.model_pod import FOLDER as SERVING
from stackgen.render.objects import Rendered, Scope, keep_on_prune, obj, replaced
from stackgen.spec.model_cache import BOOT_DISK, CLAIM, FUSE, HYPERDISK

FOLDER = "4-model-cache"
LABELS = {"app.kubernetes.io/name": DOWNLOADS}
_MOUNT = "/mnt/models"
_ONCE, _READ, _MANY = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"
_STATIC = (FUSE, HYPERDISK, BOOT_DISK)
_VOLUME = "a volume that exists: no driver makes it"


def layer(plan: Plan) -> Iterator[Rendered]:
    """The account of the Jobs, and for each model volumes, claims and the Job."""
    for model in plan.models:
        yield from _claims(plan, model)
    if plan.release.optional("model_download_image") is None:
        return  # stacks of this release have no caches
    filled = [m.cache.filled for m in plan.models]
    yield obj(
        _scope(plan), "v1", "ServiceAccount", DOWNLOADS,
        {"automountServiceAccountToken": Because(
            False, "model-cache/no-api-token", "a download never calls the API server"
        )},
        when=any_of(*filled), rule="model-cache/account",
        why="may write what the model servers only read",
    )  # fmt: skip
    for model in plan.models:
        yield from _weights(plan, model)
        yield from _programs(plan, model)
        yield _download(plan, model)


def _scope(plan: Plan, folder: str = FOLDER) -> Scope:
    return Scope(plan, folder, plan.stack.spec.serving.namespace)


def _weights(plan: Plan, model: ModelPlan) -> Iterator[Rendered]:
    """What the servers read, and the volume through which a Job writes to a bucket or disk."""
    cache, asked = model.cache, model.spec.modelCache
    kind = asked.type.value  # every object depends on it by its condition
    fill = text("{}-fill", cache.name)
    source = _source(plan, model, cache.name)
    on = cache.type.map("static", "the source of the volume is known", lambda k: k in _STATIC)
    yield from _static(plan, SERVING, cache.name, _read_only(source), cache.size, on)
    source = {**_source(plan, model, fill), "accessModes": [_MANY if kind == FUSE else _ONCE]}
    on = all_of(cache.filled, cache.type.map("static", "", lambda k: k in _STATIC))
    yield from _static(plan, FOLDER, fill, source, cache.size, on)
    # Deleted with its data, while servers of the old one may still start.
    keep = keep_on_prune(plan)
    yield _claim(
        plan, FOLDER, cache.name, asked.storageClass, cache.size, cache.has(CLAIM), keep
    )  # fmt: skip


def _source(plan: Plan, model: ModelPlan, name: Traced[str]) -> dict[str, Any]:
    """The source of the volume with the weights, by the type of the cache."""
    cache, asked = model.cache, model.spec.modelCache
    if asked.type.value == FUSE:
        return _fuse(plan, "weights", asked.bucket, cache.folder, name)
    if asked.type.value == HYPERDISK:
        return _disk(plan, model)
    path = plan.catalog.gke("secondary-boot-disk").value("path")
    return {
        "local": {"path": computed("path", "where GKE mounts the disk", _path, path, asked.image)},
        "nodeAffinity": _nodes(plan, model),
    }


def _programs(plan: Plan, model: ModelPlan) -> Iterator[Rendered]:
    programs, asked = model.cache.programs, model.spec.compileCache
    source = _fuse(plan, "programs", asked.bucket, programs.folder, programs.name)
    body = {**source, "accessModes": [_MANY]}
    yield from _static(plan, SERVING, programs.name, body, programs.size, programs.in_bucket)
    yield _claim(
        plan, SERVING, programs.name, asked.storageClass, programs.size, programs.on_volume
    )  # fmt: skip


def _read_only(source: dict[str, Any]) -> dict[str, Any]:
    if "csi" not in source:
        return {**source, "accessModes": [_READ]}
    why = "servers only read; a Hyperdisk ML disk can then be attached to all nodes"
    csi = {**source["csi"], "readOnly": Because(True, "model-cache/read-only", why)}
    return {**source, "accessModes": [_READ], "csi": csi}


def _static(
    plan: Plan, folder: str, name: Traced[str], source: dict[str, Any], size: Traced[int],
    when: Traced[bool],
) -> Iterator[Rendered]:  # fmt: skip
    """A volume that exists, and its claim. source: with the access modes of both."""
    scope, rule = _scope(plan, folder), "model-cache/volume"
    storage = text("{}Gi", size)
    body = {
        "capacity": {"storage": storage},
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": Because("", rule, _VOLUME),
        "claimRef": {"namespace": scope.namespace, "name": name},
        **source,
    }
    yield obj(
        replace(scope, namespace=None), "v1", "PersistentVolume", name, {"spec": body},
        when=when, rule=rule, why=_VOLUME,
    )  # fmt: skip
    claim = {
        "accessModes": source["accessModes"],
        "resources": {
            "requests": {
                "storage": Because(
                    "1Gi",
                    rule,
                    "it is bound by name; a claim of such a volume cannot change its request",
                )
            }
        },
        "storageClassName": Because("", rule, _VOLUME),
        "volumeName": name,
    }
    yield obj(
        scope, "v1", "PersistentVolumeClaim", name, {"spec": claim}, when=when,
        rule="model-cache/claim", why="what Pods mount",
    )  # fmt: skip


def _claims(plan: Plan, model: ModelPlan) -> Iterator[Rendered]:
    """The claims that the spec lists."""
    space = plan.stack.spec.serving.namespace
    scope = Scope(plan, SERVING, space, labels=model.spec.labels)
    for claim in model.spec.claims:
        body = {
            "accessModes": [claim.accessMode],
            "resources": {"requests": {"storage": text("{}Gi", claim.sizeGb)}},
            "storageClassName": When(is_set(claim.storageClass), claim.storageClass),
        }
        yield obj(
            scope, "v1", "PersistentVolumeClaim", claim.name, {"spec": body},
            annotations=keep_on_prune(plan), rule="model-cache/claim", why="what Pods mount",
        )  # fmt: skip


def _claim(
    plan: Plan, folder: str, name: Traced[str], storage_class: Traced[str | None],
    size: Traced[int], when: Traced[bool], annotations: dict[str, Any] | None = None,
) -> Rendered:  # fmt: skip
    """A claim whose volume the driver of its class makes."""
    mode = storage_class.map(
        "access mode", "one node at a time writes to a disk",
        lambda named: _ONCE if disk_of(named or "") else _MANY,
    )  # fmt: skip
    body = {
        "accessModes": [mode],
        "resources": {"requests": {"storage": text("{}Gi", size)}},
        "storageClassName": storage_class,
    }
    return obj(
        _scope(plan, folder), "v1", "PersistentVolumeClaim", name, {"spec": body}, when=when,
        rule="model-cache/claim", why="what Pods mount", annotations=annotations,
    )  # fmt: skip


def _fuse(
    plan: Plan, options: str, bucket: Traced[str | None], folder: Traced[str], name: Traced[str]
) -> dict[str, Any]:
    """A bucket as a volume. options: the mount options of the catalog."""
    row = plan.catalog.gke("gcs-fuse")
    user = plan.release.serving("user", "id")
    return {
        "mountOptions": [
            *(row.value(options, i) for i in range(len(row.data[options]))),
            text("only-dir={}", folder), text("uid={}", user), text("gid={}", user),
        ],
        "csi": {
            "driver": row.value("driver"),
            # What follows the colon tells volumes of one bucket in one Pod apart.
            "volumeHandle": text("{}:{}", bucket, name),
            "volumeAttributes": {"skipCSIBucketAccessCheck": Because(
                "true", "model-cache/access-check", "the account may read objects, not the bucket"
            )},
        },
    }  # fmt: skip


def _disk(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    """A Hyperdisk ML disk as a volume."""
    row, zone = plan.catalog.gke("hyperdisk-ml"), model.pool.zone
    handle = text(
        "projects/{}/zones/{}/disks/{}", plan.stack.spec.cluster.project, zone, model.cache.name
    )
    terms = [{"matchExpressions": [
        {"key": "topology.gke.io/zone", "operator": "In", "values": [zone]}
    ]}]  # fmt: skip
    return {
        "mountOptions": [text("read_ahead_kb={}", row.value("read_ahead_kb"))],
        "csi": {
            "driver": row.value("driver"), "fsType": row.value("fs_type"), "volumeHandle": handle,
        },
        "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
    }  # fmt: skip


def _path(pattern: str, image: str | None) -> str:
    return pattern.format((image or "").rpartition("/")[2])


def _nodes(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    def same(key: Any, value: Any) -> Any:
        return {"key": key, "operator": "In", "values": [value]}

    labels = pod_devices(plan, model).labels
    wanted = [
        When(value.condition, same(key, value.tree)) if isinstance(value, When)
        else same(key, value)
        for key, value in labels.items()
    ]  # fmt: skip
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": wanted}]}}


def _download(plan: Plan, model: ModelPlan) -> Rendered:
    """The Job that brings the weights to the volume. A disk is filled on a node of the servers."""
    cache, serving = model.cache, plan.stack.spec.serving
    on_disk, devices = cache.has(HYPERDISK), pod_devices(plan, model)
    row = plan.catalog.sizing("model-cache")
    token, key = serving.huggingFaceToken.secret, plan.release.serving("hf_token_key")
    claim = computed(
        "claim", "a bucket or disk is written through a volume of its own",
        lambda name, kind: name if kind == CLAIM else f"{name}-fill", cache.name, cache.type,
    )  # fmt: skip
    user = plan.release.serving("user", "id") if plan.release.has("user") else None
    container = {
        "name": "download",
        "image": plan.release.optional("model_download_image"),
        "args": [model.spec.model, _MOUNT],
        "env": [
            {"name": "HF_HOME", "value": "/tmp"},
            Because({"name": "HF_HUB_DISABLE_XET", "value": "1"}, "model-cache/sequential",
                    "a file in a bucket is written from the beginning to the end"),
            When(is_set(token), {
                "name": key, "valueFrom": {"secretKeyRef": {"name": token, "key": key}},
            }),
        ],
        "resources": {
            "requests": {
                "cpu": row.value("cpu"), "memory": row.value("memory"),
                devices.resource: When(on_disk, devices.count),
            },
            "limits": {
                "memory": row.value("memory_limit"),
                devices.resource: When(on_disk, devices.count),
            },
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "model", "mountPath": _MOUNT}, {"name": "tmp", "mountPath": "/tmp"},
        ],
    }  # fmt: skip
    pull = serving.imagePullSecret
    pod = {
        "restartPolicy": "OnFailure",
        "serviceAccountName": DOWNLOADS,
        "automountServiceAccountToken": False,
        "imagePullSecrets": When(is_set(pull), [{"name": pull}]),
        "nodeSelector": When(on_disk, Because(
            devices.labels, "model-cache/placement", "the disk is in the zone of the servers"
        )),
        "tolerations": When(on_disk, [
            {"key": devices.resource, "operator": "Equal", "value": "present",
             "effect": "NoSchedule"},
        ]),
        "securityContext": {
            "runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "model", "persistentVolumeClaim": {"claimName": claim}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }  # fmt: skip
    annotations = When(cache.has(FUSE), fuse_annotations(plan))
    template = {"metadata": {"labels": LABELS, "annotations": annotations}, "spec": pod}
    return obj(
        _scope(plan), "batch/v1", "Job", cache.name,
        {"spec": {"backoffLimit": 10, "template": template}}, when=cache.filled,
        rule="model-cache/download", why="brings the weights before a server starts",
        annotations=replaced(plan),
    )  # fmt: skip
