"""The smoke test: a Job that asks every model, through the gateway, what a client would ask."""

from __future__ import annotations

import json
import shlex
from typing import Any

from stackgen.layers.objects import Made, obj
from stackgen.origin import Traced, computed
from stackgen.plan.model import Plan

NAME = "smoke-test"
LABELS = {"app.kubernetes.io/name": NAME}


def smoke_test(plan: Plan, folder: str) -> Made:
    """The Job; it runs once per change of its content and cleans up after a day."""
    container = {
        "name": "ask",
        "image": plan.release.value("smoke_test_image"),
        "command": ["/bin/bash", "-ceu", _script(plan)],
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"memory": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    spec = {
        "backoffLimit": 3,
        "ttlSecondsAfterFinished": 86400,
        "template": {"metadata": {"labels": LABELS}, "spec": pod},
    }
    return obj(
        plan, folder, "batch/v1", "Job", NAME, {"spec": spec},
        namespace=plan.stack.spec.serving.namespace,
        when=plan.stack.spec.observe.smokeTest,
        rule="observe/smoke-test", why="shows that requests reach every model",
        annotations=_replaced(plan),
    )  # fmt: skip


def _replaced(plan: Plan) -> dict[str, Any]:
    """How the engine is told that a Job cannot be changed, only replaced."""
    engine = plan.stack.spec.delivery.engine
    if engine.value == "argocd":
        key, value = "argocd.argoproj.io/sync-options", "Replace=true,Force=true"
    else:
        key, value = "kustomize.toolkit.fluxcd.io/force", "enabled"
    return {key: engine.map("replaced", "a Job cannot be changed, only replaced", lambda _: value)}


def _script(plan: Plan) -> Traced[str]:
    gateway, serving = plan.stack.spec.gateway, plan.stack.spec.serving
    port = gateway.listeners[0].port
    host = f"http://{gateway.name.value}-istio.{gateway.namespace.value}:{port.value}"
    lines = []
    inputs: list[Traced[Any]] = [gateway.name, gateway.namespace, port, serving.namespace]
    for model in plan.models:
        base = f"{host}/{serving.namespace.value}/{model.spec.name.value}"
        question = {"model": model.served_name.value, "prompt": "2 + 2 =", "max_tokens": 4}
        ask = "curl --fail --silent --show-error --max-time 60"
        lines.append(f"{ask} {base}/v1/models")
        lines.append(
            f"{ask} {base}/v1/completions -H 'Content-Type: application/json' "
            f"-d {shlex.quote(json.dumps(question))}"
        )
        inputs += [model.spec.name, model.served_name]
    body = "\n".join(lines) + "\n"
    return computed("script", "two requests for each model", body, *inputs)
