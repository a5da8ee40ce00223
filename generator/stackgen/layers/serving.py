"""Layer 4-serving: the models, each an LLMInferenceService, with what they need to start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers import groups
from stackgen.layers.devices import PodDevices, pod_devices, shared_memory
from stackgen.layers.gateway_class import all_schedulers, istio, scheme
from stackgen.layers.gke_route import gke_route
from stackgen.layers.mesh import serving_policies
from stackgen.layers.objects import Rendered, Scope, obj
from stackgen.layers.quota import quota
from stackgen.origin import Because, Traced, When, all_of, given_or, is_set, is_value, literal, text
from stackgen.plan.model import ModelPlan, Plan

FOLDER = "4-serving"
SERVICE_ACCOUNT = "model-server"


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.serving.namespace)


def layer(plan: Plan) -> Iterator[Rendered]:
    """Identity and secrets first, then the models and their disruption budgets."""
    yield from serving_policies(plan)
    yield quota(plan, FOLDER)
    yield _service_account(plan)
    yield _token(plan)
    for model in plan.models:
        yield _service(plan, model)
        yield from gke_route(plan, model)
        yield _disruption_budget(plan, model)


def _service_account(plan: Plan) -> Rendered:
    serving = plan.stack.spec.serving
    token, pull = serving.huggingFaceToken.secret, serving.imagePullSecret
    by_account = plan.release.quirk("token-through-service-account")
    body = {
        "automountServiceAccountToken": Because(
            False, "serving/no-api-token", "model servers never call the API server"
        ),
        "imagePullSecrets": When(is_set(pull), [{"name": pull}]),
        "secrets": When(all_of(is_set(token), by_account), Because(
            [{"name": token}], "serving/token", "read by the download"
        )),
    }  # fmt: skip
    return obj(
        _scope(plan), "v1", "ServiceAccount", SERVICE_ACCOUNT, body, rule="serving/service-account",
        why="identity and secrets of the model servers",
        when=plan.release.quirk("service-account-first"),
    )  # fmt: skip


def _token(plan: Plan) -> Rendered:
    spec = plan.stack.spec
    secret = spec.serving.huggingFaceToken.secret
    managed = all_of(is_set(secret), is_value(spec.secrets.manager, "external-secrets"))
    name = given_or(secret, literal("huggingface-token", "serving/token", "none is named"))
    body = {
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": "gcp-secret-manager"},
            "target": {"name": name, "creationPolicy": "Owner"},
            "data": [
                {
                    "secretKey": plan.release.value("kserve", "hf_token_key"),
                    "remoteRef": {"key": name},
                }
            ],
        }
    }
    return obj(
        _scope(plan), "external-secrets.io/v1", "ExternalSecret", name, body, when=managed,
        rule="serving/token", why="copies the token for gated models from Secret Manager",
    )  # fmt: skip


def _service(plan: Plan, model: ModelPlan) -> Rendered:
    spec = model.spec
    body = {
        "model": {"uri": spec.model, "name": model.served_name},
        "replicas": spec.replicas,
        "router": When(istio(plan), _router(plan, model)),
        "parallelism": groups.parallelism(plan, model),
        "template": _pod(plan, model, _start(plan, model), _probes(plan, model)),
        # It answers nobody, so nothing probes it.
        "worker": When(groups.several(model), _pod(plan, model, groups.worker_start(model), {})),
    }
    return obj(
        _scope(plan), plan.release.value("kserve", "api_version"), "LLMInferenceService", spec.name,
        {"spec": body}, annotations=groups.one_slice(model), rule="serving/model",
        why="the KServe controller makes servers, routes and scheduler of it",
    )  # fmt: skip


def _router(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    gateway, serving = plan.stack.spec.gateway, plan.stack.spec.serving
    pull = serving.imagePullSecret
    keep = plan.release.quirk("scheduler-needs-containers")
    container = plan.release.value("kserve", "container")
    return {
        "route": {},
        "gateway": {"refs": [{"name": gateway.name, "namespace": gateway.namespace}]},
        "scheduler": When(model.spec.scheduler, {"template": {
            "imagePullSecrets": When(is_set(pull), [{"name": pull}]),
            "containers": When(keep, Because(
                [{"name": container}], "serving/scheduler", "keeps the preset's container"
            )),
        }}),
    }  # fmt: skip


def _pod(
    plan: Plan, model: ModelPlan, start: dict[str, Any], probes: dict[str, Any]
) -> dict[str, Any]:
    """A pod of the server; `start` is what its container runs."""
    pull = plan.stack.spec.serving.imagePullSecret
    devices = pod_devices(plan, model)
    volumes, mounts = shared_memory(model)
    return {
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        "imagePullSecrets": When(is_set(pull), [{"name": pull}]),
        "nodeSelector": model.spec.nodePool.map(
            "serving/placement", devices.placement, lambda _: devices.labels
        ),
        "tolerations": Because(
            [{"key": devices.resource, "operator": "Equal", "value": "present",
              "effect": "NoSchedule"}],
            "serving/toleration", devices.taint,
        ),
        "terminationGracePeriodSeconds": Because(
            120, "serving/drain", "running answers may finish before the server stops"
        ),
        "containers": [{**_container(plan, model, devices, start), **probes, **mounts}],
        **volumes,
    }  # fmt: skip


def _start(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    """What starts vLLM; of a group on its leader."""
    release, devices = plan.release, model.server.devices
    start = release.value("images", devices.kind, "entrypoint")
    words = start if model.group is None else groups.leader_command(model, start)
    command = When(release.quirk("args-need-command"), devices.hosts.map(
        "serving/command", "starts vLLM directly", lambda _: words
    ))  # fmt: skip
    return {"command": command, "args": [_spoken(plan, flag) for flag in model.flags]}


def _container(
    plan: Plan, model: ModelPlan, devices: PodDevices, start: dict[str, Any]
) -> dict[str, Any]:
    return {
        "name": plan.release.value("kserve", "container"),
        "image": model.image,
        **start,
        **({"env": devices.env} if devices.env is not None else {}),
        "resources": {
            "requests": {
                "cpu": model.cpu,
                "memory": model.memory,
                "ephemeral-storage": model.ephemeral_storage,
                devices.resource: devices.count,
            },
            "limits": {"memory": model.memory, devices.resource: devices.count},
        },
        "securityContext": Because(
            {
                "allowPrivilegeEscalation": False,
                "runAsNonRoot": True,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "serving/hardening", devices.access,
        ),
    }  # fmt: skip


def _spoken(plan: Plan, flag: Traced[str]) -> Any:
    """Without Istio nobody speaks TLS to the servers."""
    return When(istio(plan), flag) if flag.value.startswith("--ssl-") else flag


def _probes(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    port = plan.release.value("kserve", "port")
    visible = plan.release.quirk("probe-scheme")

    def get(path: str) -> dict[str, Any]:
        return {"path": path, "port": port, "scheme": scheme(plan)}

    return {
        "startupProbe": When(visible, Because(
            {
                "httpGet": get("/health"),
                "periodSeconds": model.startup_period,
                "timeoutSeconds": 5,
                "failureThreshold": model.startup_failures,
            },
            "serving/startup-probe", "holds the other probes back until vLLM has compiled",
        )),
        "livenessProbe": When(visible, Because(
            {
                "httpGet": get("/health"),
                "periodSeconds": 30,
                "timeoutSeconds": 30,
                "failureThreshold": 5,
            },
            "serving/liveness-probe", "restarts a server that hangs for 2.5 minutes",
        )),
        "readinessProbe": When(visible, Because(
            {
                "httpGet": get("/v1/models"),
                "periodSeconds": 10,
                "timeoutSeconds": 10,
                "failureThreshold": 3,
            },
            "serving/readiness-probe", "no traffic before the model answers",
        )),
    }  # fmt: skip


def _disruption_budget(plan: Plan, model: ModelPlan) -> Rendered:
    several = model.spec.replicas.map(
        "more than one", "a budget for one replica would block node upgrades", lambda n: n > 1
    )
    return obj(
        _scope(plan), "policy/v1", "PodDisruptionBudget", text("{}", model.spec.name),
        {"spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": model_labels(model)},
        }},
        when=several, rule="serving/disruption-budget",
        why="node upgrades take one model server at a time",
    )  # fmt: skip


def model_labels(model: ModelPlan) -> dict[str, Any]:
    """Labels of the model's server pods, as the KServe controller sets them."""
    return {"app.kubernetes.io/name": model.spec.name, "kserve.io/component": "workload"}


def scheduler_labels(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    """Labels of the model's endpoint picker pods, as the KServe controller sets them or we do."""
    key = "app.kubernetes.io/component"
    return {"app.kubernetes.io/name": model.spec.name, key: all_schedulers(plan)[key]}
