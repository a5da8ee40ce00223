"""The Job that measures a model through the gateway, and what it needs in the cluster."""

from __future__ import annotations

from typing import Any

from stackgen.benchmark.results import tools
from stackgen.errors import UsageError
from stackgen.manifest.yaml_out import render
from stackgen.origin import Origin, flatten
from stackgen.plan.listeners import (
    encrypted,
    front,
    pod_port,
    route_path,
    service_host,
    trusts_own_ca,
)
from stackgen.plan.model import ModelPlan, Plan
from stackgen.platforms.registry import rendering_of
from stackgen.record import record
from stackgen.render.gateway_class import gateway_pods, gke
from stackgen.render.policies import dns, internet, tcp
from stackgen.spec.traffic import Traffic

LABEL = "app.kubernetes.io/name"
CA_FOLDER = "/etc/gateway-ca"
RESULTS = "/results"


@record
class Load:
    """What is asked. rate: requests per second. prompt, answer: tokens. seconds: how long."""

    rate: float = 1.0
    seconds: int = 120
    prompt: int = 512
    answer: int = 128

    @property
    def most_tokens(self) -> int:
        """Of the longest request: prompts and answers are spread up to twice their mean."""
        return 2 * (self.prompt + self.answer)


def load_of(
    traffic: Traffic, rate: float | None, seconds: int, prompt: int | None, answer: int | None
) -> Load:
    """What is typed, else the traffic of the model, else the usual load."""
    usual = Load()
    return Load(
        rate or traffic.requestsPerSecond.value or usual.rate,
        seconds,
        prompt or traffic.inputTokens.value or usual.prompt,
        answer or traffic.outputTokens.value or usual.answer,
    )


def manifests(plan: Plan, model: ModelPlan, load: Load) -> str:
    """A stream of a ConfigMap, a NetworkPolicy where the stack has some, and the Job.

    Raises UsageError where the gateway cannot be reached by a Job without a token.
    """
    name = f"benchmark-{model.spec.name.value}"
    space = str(plan.stack.spec.serving.namespace.value)
    meta = {"name": name, "namespace": space, "labels": {LABEL: name}}
    config = render(_config(plan, model, load))
    objects = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"config.yml": config}},
        {
            "apiVersion": "batch/v1", "kind": "Job", "metadata": meta,
            "spec": {
                "backoffLimit": 0, "ttlSecondsAfterFinished": 86400,
                "template": {"metadata": {"labels": {LABEL: name}}, "spec": _pod(plan, name)},
            },
        },
    ]  # fmt: skip
    if plan.stack.spec.network.defaultDeny.value:
        objects.insert(1, _policy(plan, meta))
    return "---\n".join(render(one) for one in objects)


def _config(plan: Plan, model: ModelPlan, load: Load) -> dict[str, Any]:
    lengths = {"prompt": load.prompt, "answer": load.answer}
    spread = {
        key: {"min": mean // 2, "max": mean * 2, "mean": mean, "std": mean // 4, "total_count": 500}
        for key, mean in lengths.items()
    }
    tokenizer = str(model.spec.model.value).removeprefix("hf://").partition(":")[0]
    if not str(model.spec.model.value).startswith("hf://"):
        raise UsageError(
            f"the model {model.spec.name.value} is not on Hugging Face, where the benchmark reads "
            "its tokenizer"
        )
    return {
        "api": {"type": "completion", "streaming": True},
        "data": {
            "type": "random", "input_distribution": spread["prompt"],
            "output_distribution": spread["answer"],
        },
        "load": {
            "type": "poisson", "stages": [{"rate": load.rate, "duration": load.seconds}],
        },
        "server": {
            "type": "vllm", "model_name": str(model.served_name.value),
            "base_url": _address(plan, model), "ignore_eos": True,
        },
        "tokenizer": {"pretrained_model_name_or_path": tokenizer},
        "report": {"request_lifecycle": {"summary": True, "per_stage": True, "per_request": False}},
        "storage": {"local_storage": {"path": RESULTS}},
    }  # fmt: skip


def _address(plan: Plan, model: ModelPlan) -> str:
    spec = plan.stack.spec
    who = spec.gateway.authentication
    if spec.gateway.objects.value == "none":
        raise UsageError("gateway.objects is none, and the benchmark sends requests to a gateway")
    if who.jwt or who.apiKeys:
        raise UsageError("gateway.authentication is set, and the benchmark has no token or key")
    listener = front(spec.gateway.listeners)
    host = listener.hostname.value
    if host is None and gke(plan).value:
        raise UsageError(
            f"the address of class {spec.gateway.class_.value} is not known inside the cluster; "
            "give the listener a hostname"
        )
    name = str(host).replace("*", "benchmark", 1) if host else service_host(plan).value
    scheme = "https" if encrypted(listener).value else "http"
    path = route_path(spec, model.spec).value.rstrip("/")
    return f"{scheme}://{name}:{listener.port.value}{path}"


def _pod(plan: Plan, name: str) -> dict[str, Any]:
    facts, spec = tools()["inference-perf"], plan.stack.spec
    token = spec.serving.huggingFaceToken.secret.value
    env: list[dict[str, Any]] = [{"name": "HOME", "value": "/tmp"}]
    volumes: list[dict[str, Any]] = [
        {"name": "config", "configMap": {"name": name}},
        {"name": "results", "emptyDir": {"sizeLimit": "1Gi"}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
    ]
    mounts: list[dict[str, Any]] = [
        {"name": "config", "mountPath": "/config", "readOnly": True},
        {"name": "results", "mountPath": RESULTS},
        {"name": "tmp", "mountPath": "/tmp"},
    ]
    if token is not None:
        key = plan.release.serving("hf_token_key").value
        secret = {"secretKeyRef": {"name": token, "key": key}}
        env.append({"name": "HF_TOKEN", "valueFrom": secret})
    authority = rendering_of(plan).authority(plan)
    if trusts_own_ca(spec).value and authority is not None:
        # Read by the TLS library of the client.
        file = f"{CA_FOLDER}/{authority.bundle_key.value}"
        env.append({"name": "SSL_CERT_FILE", "value": file})
        volumes.append({"name": "ca", "configMap": {"name": authority.bundle.value}})
        mounts.append({"name": "ca", "mountPath": CA_FOLDER, "readOnly": True})
    # The last line of the log is the report.
    script = (
        "inference-perf --config_file /config/config.yml\n"
        f"tr -d '\\n' < {RESULTS}/{facts['report']}\necho\n"
    )
    container = {
        "name": "inference-perf",
        "image": facts["image"],
        "command": ["/bin/sh", "-ceu", script],
        "env": env,
        "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "4Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": volumes,
    }


def _policy(plan: Plan, meta: dict[str, Any]) -> dict[str, Any]:
    """The gateway, names, and the tokenizer's files."""
    port = pod_port(plan, front(plan.stack.spec.gateway.listeners).port).value
    tree = {
        "podSelector": {"matchLabels": {LABEL: meta["name"]}},
        "policyTypes": ["Egress"],
        "egress": [
            dns(plan), {"to": [gateway_pods(plan)], "ports": [tcp(port)]}, internet(plan),
        ],
    }  # fmt: skip
    spec = flatten(tree, Origin("rule", "benchmark", "the benchmark asks through the gateway")).data
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta,
        "spec": spec,
    }  # fmt: skip
