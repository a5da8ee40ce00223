"""The smoke test: a Job that asks every model, through the gateway, what a client would ask."""

from __future__ import annotations

import json
import shlex
from typing import Any

from stackgen.layers.objects import Made, both, obj
from stackgen.origin import Traced, When, computed
from stackgen.plan.listeners import encrypted, front, own_ca
from stackgen.plan.model import Plan

NAME = "smoke-test"
CA_FOLDER = "/etc/gateway-ca"
LABELS = {"app.kubernetes.io/name": NAME}


def smoke_test(plan: Plan, folder: str) -> Made:
    """The Job; it runs once per change of its content and cleans up after a day."""
    bundle = plan.release.value("ca", "bundle")
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
        "volumeMounts": When(
            trusts_own_ca(plan), [{"name": "ca", "mountPath": CA_FOLDER, "readOnly": True}]
        ),
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
        "volumes": When(trusts_own_ca(plan), [{"name": "ca", "configMap": {"name": bundle}}]),
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
    serving = plan.stack.spec.serving
    listener = front(plan.stack.spec.gateway.listeners)
    base, inputs = _address(plan)
    inputs.append(serving.namespace)
    trust = trusts_own_ca(plan)
    tokens = plan.stack.spec.gateway.authentication.jwt
    asking = "--output /dev/null --write-out '%{http_code}'" if tokens else "--fail"
    options = f"{asking} --silent --show-error --max-time 60"
    if trust.value:
        options += f" --cacert {CA_FOLDER}/{plan.release.value('ca', 'bundle_key').value}"
    host = listener.hostname.value
    if host is not None:
        # Asked as clients do, by the listener's name, and straight at the gateway.
        name, port = host.replace("*", NAME, 1), listener.port.value
        options += f" --connect-to {name}:{port}:{_service(plan)}:{port}"
    lines = []
    for model in plan.models:
        path = f"{base}/{serving.namespace.value}/{model.spec.name.value}"
        inputs.append(model.spec.name)
        ask = f"curl {options}"
        if tokens:
            # The Job has no token, so all it can show is that the gateway asks for one.
            lines.append(f'test "$({ask} {path}/v1/models)" = 403')
            continue
        question = {"model": model.served_name.value, "prompt": "2 + 2 =", "max_tokens": 4}
        inputs.append(model.served_name)
        lines.append(f"{ask} {path}/v1/models")
        lines.append(
            f"{ask} {path}/v1/completions -H 'Content-Type: application/json' "
            f"-d {shlex.quote(json.dumps(question))}"
        )
    body = "\n".join(lines) + "\n"
    return computed("script", "two requests for each model", body, *inputs, trust)


def _service(plan: Plan) -> str:
    """The Service that Istio makes for the Gateway."""
    gateway = plan.stack.spec.gateway
    return f"{gateway.name.value}-istio.{gateway.namespace.value}"


def _address(plan: Plan) -> tuple[str, list[Traced[Any]]]:
    """Scheme, host and port of the listener for clients, and what they follow from."""
    gateway = plan.stack.spec.gateway
    listener = front(gateway.listeners)
    scheme = "https" if encrypted(listener).value else "http"
    host = listener.hostname.value
    name = host.replace("*", NAME, 1) if host is not None else _service(plan)
    return f"{scheme}://{name}:{listener.port.value}", [
        gateway.name, gateway.namespace, listener.port, listener.hostname,
        *(one.protocol for one in gateway.listeners),
    ]  # fmt: skip


def trusts_own_ca(plan: Plan) -> Traced[bool]:
    """Whether the Job needs the stack's own CA to verify the gateway."""
    return both(plan.stack.spec.observe.smokeTest, own_ca(front(plan.stack.spec.gateway.listeners)))
