"""A model as an LLMInferenceService, and its way from a GKE gateway, where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.origin import Because, Traced, When, all_of, any_of, computed, is_set, text
from stackgen.plan.autoscaling import is_scaled
from stackgen.plan.model import SURGE_PERCENT, ModelPlan, Plan
from stackgen.plan.picker import (
    PRESET_CONTAINER,
    configuration,
    configuration_tree,
    is_tuned,
    metric_flag,
)
from stackgen.plan.pod_template import usual
from stackgen.plan.prefill import PREFILL
from stackgen.plan.traces import traced
from stackgen.platforms.kserve.labels import SERVERS
from stackgen.platforms.kserve.names import NAME, Names
from stackgen.platforms.kserve.presets import filled
from stackgen.platforms.kserve.release import of_row
from stackgen.render import groups, model_cache
from stackgen.render.autoscaling import least_active, pods_of, scaled_fields
from stackgen.render.dynamic_slices import queued
from stackgen.render.endpoint_picker import picker_name
from stackgen.render.gateway_class import gke, in_cluster, istio, routed
from stackgen.render.model_pod import FOLDER, NOTHING, Extra, server_pod, worker_pod
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.render.pool_route import picker_rule, pool_route
from stackgen.render.tracing import ratio


def model(plan: Plan, model: ModelPlan) -> Iterator[Rendered]:
    """The service; behind a GKE gateway also the endpoint picker, the pool and the route."""
    yield _service(plan, model)
    yield _tls_of_picker(plan, model)
    why = "KServe's route has timeouts, which GKE refuses; this one has the same address"
    servers = {NAME: model.spec.name, **SERVERS}
    yield from pool_route(plan, model, servers, why, gke(plan))


def unverified(plan: Plan) -> Iterator[Traced[str]]:
    """The endpoint pickers that sign their own certificates, behind a gateway of Istio's."""
    for model in plan.models:
        if _signs_itself(plan, model).value:
            yield _picker_host(plan, model)


def _signs_itself(plan: Plan, model: ModelPlan) -> Traced[bool]:
    signs = plan.release.quirk("picker-signs-itself")
    return all_of(istio(plan), routed(plan), signs, model.spec.scheduler)


def _picker_host(plan: Plan, model: ModelPlan) -> Traced[str]:
    service = model.spec.name.map(
        "Service", "as the controller calls it", lambda name: Names(name).scheduler_service
    )
    return text("{}.{}.svc.cluster.local", service, plan.stack.spec.serving.namespace)


def _tls_of_picker(plan: Plan, model: ModelPlan) -> Rendered:
    scope = Scope(plan, FOLDER, plan.stack.spec.serving.namespace, _signs_itself(plan, model))
    return picker_rule(scope, text("{}-picker", model.spec.name), _picker_host(plan, model))


def sidecar(plan: Plan) -> When:
    """The ports that no sidecar of Istio takes over.

    KServe gives its servers TLS of their own, and DestinationRules that make the gateway speak it.
    The endpoint picker's way to them is left out as well.
    """
    on, release = plan.stack.spec.mesh.sidecars, plan.release
    server = release.serving("port")
    picker = [release.serving("epp", f"{n}_port") for n in ("grpc", "health", "metrics")]
    listed = computed(
        "ports", "KServe speaks TLS of its own, or answers collectors and probes, on these",
        lambda *ports: ",".join(map(str, ports)), server, *picker,
    )  # fmt: skip
    return When(all_of(on, release.quirk("kserve-tls-beside-sidecars")), Because(
        {"excludeInboundPorts": listed, "excludeOutboundPorts": server.map("text", "", str)},
        "mesh/ports-left-out", "the gateway would be turned away",
    ))  # fmt: skip


def _service(plan: Plan, model: ModelPlan) -> Rendered:
    spec, extra = model.spec, _extra(plan, model)
    body = {
        **({"baseRefs": [{"name": name} for name in spec.baseRefs]} if spec.baseRefs else {}),
        "model": {"uri": model.cache.address, "name": model.served_name, **_lora(model)},
        "annotations": model_cache.annotated(plan, model),
        **_count(plan, model),
        "rolloutStrategy": When(_in_place(plan, model), Because(
            {"maxUnavailable": 1, "maxSurge": 0}, "serving/rollout-in-place",
            "the node pool has no room for a new server beside the old ones",
        )),
        "router": When(_has_router(plan, model), _router(plan, model)),
        "parallelism": _parallelism(plan, model),
        **_offloading(model),
        "tracing": When(traced(plan), {
            "exporterEndpoint": plan.stack.spec.observe.traces.endpoint,
            "sampler": "parentbased_traceidratio",
            "samplerArg": ratio(plan),
            "exporter": "otlp",
        }),
        "template": {**server_pod(plan, model, extra=extra), **_download(plan, model)},
        "worker": When(groups.several(model), {
            **worker_pod(plan, model, extra=extra), **_download(plan, model),
        }),
        **_roles(plan, model),
    }  # fmt: skip
    return obj(
        Scope(
            plan, FOLDER, plan.stack.spec.serving.namespace, None, spec.labels, spec.annotations
        ),
        plan.release.serving("api_version"), "LLMInferenceService", spec.name,
        {"spec": body}, labels=queued(model), annotations=groups.one_slice(model),
        rule="serving/model",
        why="the KServe controller makes servers, routes and scheduler of it",
    )  # fmt: skip


def _roles(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    """The prefill servers, and of decode the token with which its sidecar reads the pool."""
    if model.prefill is None:
        return {}
    half, decode = model.prefill, server_pod(plan, model, extra=_extra(plan, model))
    token = plan.release.value("prefill", "token").map(
        "serving/routing-sidecar", "it asks the API server which prefill servers are there", bool
    )
    return {
        "template": {
            **decode, **_download(plan, model),
            "automountServiceAccountToken": When(usual(model.spec), token),
        },
        "prefill": {
            **_count(plan, half),
            "annotations": model_cache.annotated(plan, half),
            "template": {
                **server_pod(plan, half, extra=_extra(plan, half)), **_download(plan, half),
            },
        },
    }  # fmt: skip


def _lora(model: ModelPlan) -> dict[str, Any]:
    """Adapters, which the controller downloads, and adds to the flags of its preset."""
    found = model.server.adapters
    if found is None:
        return {}
    listed = [{"name": one.name, "uri": one.model} for one in model.spec.adapters]
    return {"lora": {
        "adapters": listed, "maxRank": found.rank, "maxAdapters": found.slots,
        "maxCpuAdapters": found.kept,
    }}  # fmt: skip


def _offloading(model: ModelPlan) -> dict[str, Any]:
    """Host memory of the KV cache, of engines that take what the preset says."""
    asked, found, preset = model.spec.kvOffload, model.server.offload, model.by_preset
    if found is None or found.connector is not None or preset is None:
        return {}
    tree = {
        "cpu": asked.memory,
        "secondary": When(any_of(is_set(asked.storage), is_set(asked.claim)), [{
            "fileSystem": {
                "emptyDir": When(is_set(asked.storage), {"size": asked.storage}),
                "pvc": When(is_set(asked.claim), {"ref": {"name": asked.claim}}),
            },
        }]),
    }  # fmt: skip
    return {"kvCacheOffloading": When(preset, tree)}


def _count(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    """How many servers there are, or how their number follows a metric."""
    scaled = is_scaled(model.spec)
    fixed = scaled.map("fixed", "no autoscaling", lambda scaled: not scaled)
    return {
        "replicas": When(fixed, model.spec.replicas),
        "scaling": When(scaled, _scaling(plan, model)),
    }


def _scaling(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    """Of the Pods that the controller makes; it writes the ScaledObject."""
    picker = computed(
        "endpoint picker", "KServe's, or the stack's own behind a GKE gateway",
        lambda theirs, own, on: own if on else theirs,
        _child(model, "-kserve-router-scheduler"), picker_name(model), gke(plan),
    )  # fmt: skip
    why = "the definition refuses a configuration without a name, and one that is not empty"
    named = Because("", "serving/scaler-name", why)
    return {
        "minReplicas": least_active(model),
        "maxReplicas": model.most,
        "keda": scaled_fields(plan, model, pods(model), pods_of(picker, picker), {"name": named}),
    }


def pods(model: ModelPlan) -> Traced[str]:
    """A regular expression for the names of the Pods that answer."""
    of = "-prefill" if model.role == PREFILL else ""
    alone, group = (_child(model, f"-kserve{more}{of}") for more in ("", "-mn"))
    return pods_of(alone, group, groups.several(model))


def _child(model: ModelPlan, suffix: str) -> Traced[str]:
    why = "as the controller calls it"
    return model.service.map("name", why, lambda name: Names(name).child(suffix))


def _is_downloaded(plan: Plan, model: ModelPlan) -> Traced[bool]:
    """Whether a container of the Pod downloads the model, and a service may describe it."""
    return computed(
        "is downloaded", "of addresses that begin with hf:// and s3://",
        lambda merged, *uris: merged and any(u.startswith(("hf://", "s3://")) for u in uris),
        plan.release.value("controller", "initializer_override"), model.cache.address,
        *(adapter.model for adapter in model.spec.adapters),
    )  # fmt: skip


def _download(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    """What the container that downloads the model may take; the controller adds the rest.

    A Pod requests the larger of what this container and the server ask for.
    """
    tree = {
        "name": "storage-initializer",
        "env": [{"name": "HF_HOME", "value": "/tmp"}],
        "resources": Because(
            {"limits": {"memory": model.memory}}, "serving/initializer-memory",
            "the limit of the installation, 1Gi, is too small for all but small models",
        ),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": "download", "mountPath": "/tmp"}],
    }  # fmt: skip
    why = "the installation leaves it the defaults of the image"
    return {
        "initContainers": When(
            all_of(_is_downloaded(plan, model), usual(model.spec)),
            Because([tree], "serving/initializer", why),
        )
    }


def _in_place(plan: Plan, model: ModelPlan) -> Traced[bool]:
    """Whether an update must take a server away before it starts a new one.

    Not of the only server, and not of groups, which are updated so anyway.
    """
    on_pool = [m for m in plan.servers if m.pool.spec.name.value == model.pool.spec.name.value]
    return computed(
        "no room", "servers of the pool, those that an update adds, accelerators of all nodes",
        _full, plan.release.value("controller", "fields"), model.server.devices.hosts,
        model.most, model.server.devices.count, model.pool.spec.nodes.max,
        model.pool.gpus.per_node if model.pool.gpus is not None else model.server.devices.count,
        [m.most for m in on_pool], [m.server.devices.count for m in on_pool],
        [m.spec.nodePool for m in plan.servers],
    )  # fmt: skip


def _full(
    fields: list[str], hosts: int, replicas: int, count: int, nodes: int, per_node: int,
    every: Sequence[int], counts: Sequence[int], _: Sequence[str],
) -> bool:  # fmt: skip
    added = -(-replicas * SURGE_PERCENT // 100) * count
    taken = sum(n * each for n, each in zip(every, counts, strict=True))
    return (
        "rolloutStrategy" in fields and hosts == 1 and replicas > 1
        and taken <= nodes * per_node < taken + added
    )  # fmt: skip


def _extra(plan: Plan, model: ModelPlan) -> Extra:
    """A user for images that name none, whose home is a volume of the preset, and a volume for
    what the download keeps besides the model.
    """
    if not plan.release.has("user"):
        return NOTHING
    name = plan.release.serving("user", "name")
    why = "some libraries ask for the name of the user"
    mine = usual(model.spec)
    variable = When(mine, Because({"name": "USER", "value": name}, "serving/user", why))
    kept = all_of(_is_downloaded(plan, model), mine)
    volume = When(kept, {"name": "download", "emptyDir": {}})
    programs = model_cache.programs(model)
    return Extra(
        (variable, *programs.variables), volumes=(volume, programs.volume),
        mounts=(programs.mount,),
        user=plan.release.serving("user", "id"),
    )  # fmt: skip


def _has_router(plan: Plan, model: ModelPlan) -> Traced[bool]:
    """Whether the controller makes a route, and an endpoint picker if it is asked to."""
    why = "a choice of the spec"
    reached = model.spec.service.type.map("is reached", why, lambda kind: kind != "none")
    return all_of(in_cluster(plan), reached)


def _router(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    gateway, serving = plan.stack.spec.gateway, plan.stack.spec.serving
    pull = serving.imagePullSecret
    keep = plan.release.quirk("scheduler-needs-containers")
    container, tuned = plan.release.serving("container"), is_tuned(model.spec)
    known = of_row(plan.release.row)
    if known is not None and "scheduler.config" in known.fields:
        scheduler: dict[str, Any] = {
            # The API server refuses to take all fields of an object away and to leave it empty.
            "replicas": model.spec.picker.replicas,
            "config": When(tuned, {"inline": configuration_tree(plan, model)}),
            "template": When(is_set(pull), {"imagePullSecrets": [{"name": pull}]}),
        }
    else:
        scheduler = {"template": {
            "imagePullSecrets": When(is_set(pull), [{"name": pull}]),
            "containers": When(any_of(keep, tuned), [{
                "name": Because(container, "serving/scheduler", "keeps the preset's container"),
                "args": When(tuned, _picker_arguments(plan, model)),
            }]),
        }}  # fmt: skip
    return {
        "route": {},
        "gateway": {
            "refs": When(routed(plan), [{"name": gateway.name, "namespace": gateway.namespace}]),
        },
        "scheduler": When(model.spec.scheduler, scheduler),
    }


def _picker_arguments(plan: Plan, model: ModelPlan) -> Traced[list[str]]:
    """The arguments of the preset, which a list of the service replaces, and the configuration."""
    row = plan.release.row
    preset = row.value("controller", *PRESET_CONTAINER, "args")
    return computed(
        "arguments", "the preset's, with the configuration of the spec",
        lambda preset, name, namespace, config, metric: [
            *_without_templates(row, preset, name, namespace), "--config-text", config,
            *(["--kv-cache-usage-percentage-metric", metric] if metric else []),
        ],
        preset, model.spec.name, plan.stack.spec.serving.namespace, configuration(plan, model),
        metric_flag(plan, model),
    )  # fmt: skip


def _without_templates(row: Row, preset: list[str], name: str, namespace: str) -> list[str]:
    known = of_row(row)
    assert known is not None
    told: list[str] = filled(preset, known, {"metadata": {"name": name, "namespace": namespace}})
    return told


def _parallelism(plan: Plan, model: ModelPlan) -> When:
    """What makes a group as large as the slice has hosts."""
    tree = {"data": model.server.devices.hosts, "dataLocal": 1}
    why = "data / dataLocal is the number of Pods in a group; the model is split by its flags"
    wanted = all_of(groups.several(model), plan.release.quirk("group-size-by-data"))
    return When(wanted, Because(tree, "serving/group-size", why))
