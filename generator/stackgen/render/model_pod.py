"""The pods of a model server, whichever object of a platform makes them."""

from __future__ import annotations

from typing import Any

from stackgen.origin import Because, Traced, When, all_of, is_set
from stackgen.plan.model import ModelPlan, Plan
from stackgen.render import groups
from stackgen.render.devices import PodDevices, pod_devices, shared_memory
from stackgen.render.gateway_class import istio, scheme

FOLDER = "4-serving"
SERVICE_ACCOUNT = "model-server"


def server_pod(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    """The spec of the pod that answers requests: the server, or the leader of a group."""
    return _pod(plan, model, _start(plan, model), _probes(plan, model))


def worker_pod(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    """The spec of the further pods of a group. They answer no requests, so nothing probes them."""
    return _pod(plan, model, groups.worker_start(model), {})


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
        "name": plan.release.serving("container"),
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
                "capabilities": {"drop": ["ALL"], "add": _added(plan, model)},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "serving/hardening", devices.access,
        ),
    }  # fmt: skip


def _added(plan: Plan, model: ModelPlan) -> When:
    """A list replaces that of a preset; an empty one does not."""
    return When(
        all_of(groups.several(model), plan.release.quirk("group-capabilities")),
        Because(["NET_BIND_SERVICE"], "serving/capabilities", "the namespace allows it"),
    )


def _spoken(plan: Plan, flag: Traced[str]) -> Any:
    """Without Istio no client uses TLS to the servers."""
    return When(istio(plan), flag) if flag.value.startswith("--ssl-") else flag


def _probes(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    port = plan.release.serving("port")
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
