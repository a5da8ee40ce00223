"""A model as a Deployment (one host) or a LeaderWorkerSet (several), and its way there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from operator import sub
from typing import Any

from stackgen.origin import (
    Because,
    Traced,
    When,
    all_of,
    any_of,
    computed,
    given_or,
    is_set,
    literal,
    text,
)
from stackgen.plan import pod_template
from stackgen.plan.autoscaling import is_scaled
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.slices import is_dynamic
from stackgen.platforms.llm_d.labels import members, server, server_pods, worker
from stackgen.render import groups, model_cache
from stackgen.render.autoscaling import GROUP as KEDA
from stackgen.render.autoscaling import least_active, pods_of, scaled_fields
from stackgen.render.dynamic_slices import queued
from stackgen.render.endpoint_picker import picker_name
from stackgen.render.model_pod import FOLDER, Extra, Lifetime, server_pod, worker_pod
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.render.pool_route import pool_route, route
from stackgen.render.tracing import server_flag, variables
from stackgen.render.transfer import sidecar

GROUPS = "leaderworkerset.x-k8s.io/v1"
_ON_VOLUME = ("pvc://", "oci://")
# Strategies of a Deployment, with its defaults, as a LeaderWorkerSet has them.
_ROLLOUTS = {
    "RollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    "Recreate": {"maxSurge": 0, "maxUnavailable": "100%"},
}
_IN_IMAGE = "models"  # where images of models have them, as KServe expects


def model(plan: Plan, model: ModelPlan) -> Iterator[Rendered]:
    """The servers, then the way to them: through a pool, or without a picker through a Service."""
    for role in (model, model.prefill):
        if role is not None:
            yield _deployment(plan, role)
            yield _groups(plan, role)
            yield _scaler(plan, role, model)
    picked = model.spec.scheduler
    yield from pool_route(plan, model, members(model), "requests go to the model's pool", picked)
    alone = picked.map("no picker", "a choice", lambda yes: not yes)
    there = model.spec.service.type.map("has one", "a choice of the spec", lambda t: t != "none")
    scope = replace(_scope(plan, model), when=all_of(alone, there))
    name = given_or(model.spec.names.service, model.spec.name)
    listens, service = plan.release.serving("port"), model.spec.service
    port = given_or(service.port, listens)
    kind = service.type.map("type", "ClusterIP is the default", lambda t: t != "ClusterIP")
    why = "requests go to the model's servers in turn"
    yield obj(
        scope, "v1", "Service", name,
        {"spec": {
            "type": When(kind, service.type),
            "selector": server(model),
            "ports": [{
                "name": service.portName, "port": port,
                "targetPort": given_or(service.targetPort, listens),
            }],
        }},
        rule="serving/service", why=why,
    )  # fmt: skip
    yield route(plan, model, {"name": name, "port": port}, scope, why)


def _deployment(plan: Plan, model: ModelPlan) -> Rendered:
    alone = _grouped(model).map("one host", "follows from the topology", lambda n: not n)
    pod = server_pod(plan, model, _life(plan, model), _extra(plan, model))
    spec = {
        "replicas": _replicas(model),
        "strategy": When(is_set(model.spec.strategy), {"type": model.spec.strategy}),
        "progressDeadlineSeconds": When(pod_template.usual(model.spec), _deadline(plan, model)),
        "selector": {"matchLabels": server(model)},
        "template": {
            "metadata": {
                "labels": server_pods(model),
                "annotations": model_cache.annotated(plan, model),
            },
            "spec": {**pod, "initContainers": sidecar(plan, model)},
        },
    }
    return obj(
        _scope(plan, model), "apps/v1", "Deployment", model.spec.name, {"spec": spec}, when=alone,
        rule="serving/model", why="the servers of the model, one on each host",
    )  # fmt: skip


def _grouped(model: ModelPlan) -> Traced[bool]:
    """Kueue's slice controller forms no slice for Deployments, so that one host is a group, too."""
    return any_of(groups.several(model), is_dynamic(model.pool.spec))


def _groups(plan: Plan, model: ModelPlan) -> Rendered:
    life, extra = _life(plan, model), _extra(plan, model)
    annotations, several = model_cache.annotated(plan, model), groups.several(model)
    leader = {
        "metadata": {"labels": server_pods(model), "annotations": annotations},
        "spec": {
            **server_pod(plan, model, life, extra),
            "initContainers": sidecar(plan, model),
        },
    }
    further = {
        "metadata": {"labels": worker(model), "annotations": annotations},
        "spec": worker_pod(plan, model, life, extra),
    }
    template = {
        "size": model.server.devices.hosts,
        "restartPolicy": Because(
            "RecreateGroupOnPodRestart",
            "serving/restart-group",
            "vLLM does not survive the loss of a host, and a new host does not join it",
        ),
        "leaderTemplate": When(several, leader),
        # A group of one Pod has no template of a leader.
        "workerTemplate": further if several.value else leader,
    }
    return obj(
        _scope(plan, model), GROUPS, "LeaderWorkerSet", model.spec.name,
        {"spec": {
            "replicas": _replicas(model),
            "rolloutStrategy": When(is_set(model.spec.strategy), {
                "type": "RollingUpdate",
                "rollingUpdateConfiguration": model.spec.strategy.map(
                    "rollout", "as a Deployment replaces servers",
                    lambda strategy: _ROLLOUTS.get(strategy or ""),
                ),
            }),
            "leaderWorkerTemplate": template,
        }},
        when=_grouped(model), annotations=groups.one_slice(model), labels=queued(model),
        rule="serving/model",
        why="the servers of the model, each a group of hosts: a leader, which answers, and workers",
    )  # fmt: skip


def _replicas(model: ModelPlan) -> When:
    """Not where KEDA sets them: delivery would set them back."""
    fixed = is_scaled(model.spec).map("fixed", "no autoscaling", lambda scaled: not scaled)
    return When(fixed, model.spec.replicas)


def _scaler(plan: Plan, model: ModelPlan, picked: ModelPlan) -> Rendered:
    """picked: the model whose endpoint picker counts its requests."""
    name, picker = model.spec.name, picker_name(picked)
    target = _grouped(model).map(
        "target", "follows from the topology",
        lambda grouped: {"apiVersion": GROUPS, "kind": "LeaderWorkerSet"} if grouped
        else {"apiVersion": "apps/v1", "kind": "Deployment"},
    )  # fmt: skip
    fields = scaled_fields(plan, model, pods(model), pods_of(picker, picker))
    spec = {
        "scaleTargetRef": target.map("with its name", "", lambda kind: {**kind, "name": name}),
        "minReplicaCount": least_active(model),
        "maxReplicaCount": model.most,
        **fields,
    }
    return obj(
        _scope(plan, model), KEDA, "ScaledObject", name, {"spec": spec}, when=is_scaled(model.spec),
        rule="serving/scaler", why="the replicas of the model follow a metric",
    )  # fmt: skip


def pods(model: ModelPlan) -> Traced[str]:
    """A regular expression for the names of the Pods that answer."""
    return pods_of(model.spec.name, model.spec.name, _grouped(model))


def _scope(plan: Plan, model: ModelPlan) -> Scope:
    space = plan.stack.spec.serving.namespace
    return Scope(plan, FOLDER, space, labels=model.spec.labels, annotations=model.spec.annotations)


def _deadline(plan: Plan, model: ModelPlan) -> Traced[int]:
    """Seconds that a new server may take before the Deployment counts as failed."""
    delay = plan.release.serving("probes", "startup", "initialDelaySeconds")
    return computed(
        "startup budget + 10 min", "the default of 10 minutes ends before vLLM has compiled",
        lambda delay, period, failures: delay + period * failures + 600,
        delay, model.startup.period, model.startup.failures,
    )  # fmt: skip


def _life(plan: Plan, model: ModelPlan) -> Lifetime:
    def probe(name: str) -> dict[str, Any]:
        fields = plan.release.row.data[plan.release.platform]["probes"][name]
        return {field: plan.release.serving("probes", name, field) for field in fields}

    grace, pre_stop = (
        find(model.spec, plan.release) for find in (pod_template.grace, pod_template.pre_stop)
    )
    return Lifetime(
        startup=probe("startup"),
        liveness=probe("liveness"),
        readiness=probe("readiness"),
        grace=grace,
        pre_stop=pre_stop,
        # As long before the end as the leader is told after its beginning.
        worker_pre_stop=computed(
            "grace - preStop", "until the leader's answers are due", sub, grace, pre_stop
        ),
    )


def _extra(plan: Plan, model: ModelPlan) -> Extra:
    """A user with a home, the token for gated models, shared memory, and a model's own volume."""
    home = plan.release.serving("user", "home")
    mine = pod_template.usual(model.spec)
    variables_of_user = {"HOME": home, "USER": plan.release.serving("user", "name")}
    env = tuple(When(mine, _variable(name, value)) for name, value in variables_of_user.items())
    named: list[tuple[Any, dict[str, Any]]] = [
        (home, {"name": "home", "emptyDir": {}}), ("/tmp", {"name": "tmp", "emptyDir": {}}),
    ]  # fmt: skip
    if model.shared_memory is None:
        size = plan.release.serving("shared_memory")
        named.append(
            ("/dev/shm", {"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": size}})
        )
    named = [
        (path, volume)
        for path, volume in named
        if not pod_template.replaces(
            model.spec, plan.release, str(getattr(path, "value", path)), str(volume["name"])
        )
    ]
    volumes: list[Any] = [When(mine, volume) for _, volume in named]
    mounts: list[Any] = [
        When(mine, {"name": volume["name"], "mountPath": path}) for path, volume in named
    ]
    for volume, mount in _claims(plan, model):
        volumes.append(volume)
        mounts.append(mount)
    programs = model_cache.programs(model)
    volumes.append(programs.volume)
    mounts.append(programs.mount)
    return Extra(
        (*env, _token(plan, model), *programs.variables, *variables(plan, "model-server")),
        (server_flag(plan),),
        tuple(volumes), tuple(mounts), plan.release.serving("user", "id"), read_only=True,
    )  # fmt: skip


def _variable(name: str, value: Traced[str]) -> Because:
    why = "the image names no user: this one has a home that it can write"
    return Because({"name": name, "value": value}, "serving/user", why)


def _token(plan: Plan, model: ModelPlan) -> When:
    secret = plan.stack.spec.serving.huggingFaceToken.secret
    key = plan.release.serving("hf_token_key")
    quirk = plan.release.quirk("token-by-variable")
    wanted = all_of(is_set(secret), quirk, model.cache.online)
    return When(wanted, Because(
        {"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}},
        "serving/token", "read by the download",
    ))  # fmt: skip


def _claims(plan: Plan, model: ModelPlan) -> Iterator[tuple[When, When]]:
    """The volumes of a model and of adapters that are on one, and their mounts."""
    spec = model.spec
    rule, why = "serving/volume", "the model is on a volume"
    found = [
        (
            "model",
            literal("model", rule, why),
            model.cache.address,
            plan.release.serving("model_mount"),
        )
    ]
    for n, one in enumerate(spec.adapters):
        path = text("{}/{}", plan.release.serving("adapters", "mount"), one.name)
        found.append((f"adapter-{n}", one.name, one.model, path))
    for name, by, uri, path in found:
        if not uri.value.startswith(_ON_VOLUME):
            continue
        volume = computed("volume", "by the address", partial(_volume, name), uri, by)
        mount = {"name": name, "mountPath": path, "readOnly": True}
        if name != "model":
            mount["subPath"] = uri.map("folder", "the rest of the address", _folder)
        else:
            image = uri.map("in an image", "", lambda u: u.startswith("oci://"))
            mount["subPath"] = When(image, _IN_IMAGE)
        here = uri.map("on a volume", "a choice of the spec", lambda u: u.startswith(_ON_VOLUME))
        yield When(here, Because(volume, rule, why)), When(here, Because(mount, rule, why))


def _volume(name: str, uri: str, *_by: object) -> dict[str, Any]:
    scheme, _, rest = uri.partition("://")
    if scheme == "oci":
        return {"name": name, "image": {"reference": rest}}
    claim = {"claimName": rest.partition("/")[0], "readOnly": True}
    return {"name": name, "persistentVolumeClaim": claim}


def _folder(uri: str) -> str:
    return uri.partition("://")[2].partition("/")[2].strip("/")
