"""What a spec says of manifests, and the release that can render them; nothing is built here."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackgen.adopt.read import read, release_of, servers
from stackgen.catalog.load import Catalog
from stackgen.manifest.collect import collect_text

SERVER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: gemma, namespace: ai}
spec:
  selector: {matchLabels: {app: gemma}}
  template:
    metadata: {labels: {app: gemma}}
    spec:
      nodeSelector:
        cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
        cloud.google.com/gke-tpu-topology: 2x4
      containers:
      - name: server
        image: vllm/vllm-tpu:v0.12.0
        args: [--model=google/gemma-2-27b-it]
        env: [{name: NAME, valueFrom: {secretKeyRef: {name: hf, key: KEY}}}]
        resources: {limits: {google.com/tpu: 8}}
"""
SERVICE = """\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: gpt, namespace: ai}
spec:
  model: {uri: "hf://openai/gpt-oss-20b"LORA}
  router: {route: {}, gateway: {}, scheduler: {}}
  template:
    nodeSelector: {cloud.google.com/gke-accelerator: nvidia-h100-80gb}
    containers: [{name: main, resources: {limits: {nvidia.com/gpu: "1"}}}]
"""
LORA = ', lora: {adapters: [{name: a, uri: "hf://x/y"}]}'
PREFILL = """\
  prefill:
    replicas: 1
    template: {containers: [{name: main, resources: {limits: {nvidia.com/gpu: "1"}}}]}
"""


def _read(text: str) -> dict[str, Any]:
    bundle = collect_text(text, "in.yaml").bundle
    return read(bundle, release_of(bundle, Catalog()), Catalog()).spec


@pytest.mark.parametrize("name", ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
def test_a_token_under_another_key_stays_with_its_server(name: str) -> None:
    """The field would add a variable whose key the Secret does not have."""
    text = SERVER.replace("NAME", name)
    assert "huggingFaceToken" not in _read(text.replace("KEY", "hf_api_token"))["serving"]
    assert _read(text.replace("KEY", "HF_TOKEN"))["serving"]["huggingFaceToken"] == {"secret": "hf"}


def test_secrets_of_accounts_that_hold_something_else_are_no_token() -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "secrets": [{"name": "store"}]}
    account["metadata"] = {"name": "sa", "namespace": "ai"}
    secret = {"apiVersion": "v1", "kind": "Secret", "stringData": {"AWS_ACCESS_KEY_ID": "x"}}
    secret["metadata"] = {"name": "store", "namespace": "ai"}
    service = SERVICE.replace("LORA", "")
    alone = _read(f"{service}---\n{yaml.safe_dump(account)}")
    assert alone["serving"]["huggingFaceToken"] == {"secret": "store"}
    both = _read(f"{service}---\n{yaml.safe_dump(account)}---\n{yaml.safe_dump(secret)}")
    assert "huggingFaceToken" not in both["serving"]


@pytest.mark.parametrize(
    ("lora", "more", "release"),
    [("", "", "llm-d-infra-xks-0.15"), (LORA, "", "kserve-0.21"), ("", PREFILL, "kserve-0.21")],
)
def test_the_release_has_what_the_objects_need(lora: str, more: str, release: str) -> None:
    """The API version tells an older release, which renders neither adapters nor prefill."""
    bundle = collect_text(SERVICE.replace("LORA", lora) + more, "in.yaml").bundle
    assert release_of(bundle, Catalog()) == release


def test_servers_that_name_no_accelerator_run_on_the_nodes_of_those_that_do() -> None:
    spec = _read(SERVICE.replace("LORA", "") + PREFILL)
    accelerators = [pool.get("accelerator") for pool in spec["cluster"]["nodePools"]]
    assert accelerators == [None, "h100"]
    assert spec["serving"]["models"][0]["prefill"] == {"replicas": 1}


def test_the_security_policy_of_all_backends_is_a_limit_of_the_gateway() -> None:
    gateway = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: edge}
spec: {gatewayClassName: CLASS, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata: {name: gemma, namespace: ai}
spec: {selector: {matchLabels: {app: gemma}}, targetPorts: [{number: 8000}]}
---
apiVersion: networking.gke.io/v1
kind: GCPBackendPolicy
metadata: {name: gemma, namespace: ai}
spec:
  default: {securityPolicy: POLICY}
  targetRef: {group: "", kind: Service, name: gemma}
"""
    text = SERVER + gateway.replace("POLICY", "limit-clients")
    spec = _read(text.replace("CLASS", "gke-l7-rilb"))
    assert spec["gateway"]["limits"]["securityPolicy"] == "limit-clients"
    for other in (
        text.replace("CLASS", "istio"),
        SERVER + gateway.replace("CLASS", "gke-l7-rilb").replace("POLICY", "{a: b}"),
    ):
        assert "securityPolicy" not in _read(other)["gateway"].get("limits", {})
    pool = text.index("---\napiVersion: inference")
    alone = text[:pool] + text[text.index("---\napiVersion: networking.gke.io") :]
    # A stack has pools and pickers behind such a class, and these manifests have none.
    assert _read(alone.replace("CLASS", "gke-l7-rilb"))["gateway"]["objects"] == "none"


def test_a_group_on_several_gpu_nodes_is_no_model() -> None:
    pod = yaml.safe_load(SERVER)["spec"]["template"]
    server = pod["spec"]["containers"][0]
    pod["spec"]["nodeSelector"] = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}
    server |= {"image": "vllm/vllm-openai:v0.12.0", "resources": {"limits": {"nvidia.com/gpu": 8}}}
    group = {
        "apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet",
        "metadata": {"name": "large", "namespace": "ai"},
        "spec": {"leaderWorkerTemplate": {"size": 2, "workerTemplate": pod}},
    }  # fmt: skip
    bundle = collect_text(yaml.safe_dump(group), "in.yaml").bundle
    assert list(servers(bundle, release_of(bundle, Catalog()), Catalog())) == []
    group["spec"] = {"leaderWorkerTemplate": {"size": 1, "workerTemplate": pod}}
    bundle = collect_text(yaml.safe_dump(group), "in.yaml").bundle
    assert len(list(servers(bundle, release_of(bundle, Catalog()), Catalog()))) == 1


def test_what_ray_starts_is_no_model() -> None:
    pod = yaml.safe_load(SERVER)["spec"]["template"]
    group = {"groupName": "tpu", "numOfHosts": 2, "template": pod}
    ray = {
        "apiVersion": "ray.io/v1", "kind": "RayService",
        "metadata": {"name": "large", "namespace": "ai"},
        "spec": {"rayClusterConfig": {"workerGroupSpecs": [group]}},
    }  # fmt: skip
    bundle = collect_text(f"{yaml.safe_dump(ray)}---\n{SERVER}", "in.yaml").bundle
    adopted = read(bundle, release_of(bundle, Catalog()), Catalog())
    assert [model["name"] for model in adopted.spec["serving"]["models"]] == ["gemma"]
    assert "RayService large: stays as it is; Ray starts its servers" in adopted.assumed


def test_the_model_of_an_inference_service_is_what_it_downloads() -> None:
    text = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: gemma, namespace: ai}
spec:
  predictor:
    nodeSelector: {cloud.google.com/gke-accelerator: nvidia-l4}
    model:
      modelFormat: {name: vllm}
      runtime: vllm-cuda
      storageUri: hf://google/gemma-3-4b-it
      resources: {limits: {nvidia.com/gpu: "1"}}
"""
    (model,) = _read(text)["serving"]["models"]
    assert model["model"] == "hf://google/gemma-3-4b-it"


FLUX = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: NAME, namespace: flux-system}
spec: {url: "ADDRESS", interval: 1m, ref: {branch: live}, secretRef: {name: key}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: NAME, namespace: flux-system}
spec: {interval: 1m, path: ./apps, prune: true, sourceRef: {kind: GitRepository, name: NAME}}
"""
INSTANCE = """
apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: {name: flux, namespace: flux-system}
spec: {sync: {kind: GitRepository, url: "ADDRESS", ref: refs/heads/main, path: clusters/a}}
"""
APPLICATION = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: NAME, namespace: argocd}
spec: {project: default, source: {repoURL: "ADDRESS", targetRevision: main, MORE}}
"""


def _from(form: str, **words: str) -> str:
    for word, value in words.items():
        form = form.replace(word, value)
    return form


@pytest.mark.parametrize(
    ("texts", "delivery"),
    [
        (
            [_from(FLUX, NAME="apis", ADDRESS="https://example.com/gateway"),
             _from(INSTANCE, ADDRESS="https://example.com/fleet")],
            {"engine": "flux", "repository": "https://example.com/fleet"},
        ),
        (
            [_from(FLUX, NAME="fleet", ADDRESS="git@example.com:a/fleet.git")],
            {"engine": "flux", "repository": "ssh://git@example.com/a/fleet.git",
             "branch": "live", "secret": "key"},
        ),
        (
            [_from(APPLICATION, NAME="pool", ADDRESS="registry.example.com/c", MORE="chart: pool"),
             _from(APPLICATION, NAME="a", ADDRESS="git@example.com:a/fleet.git", MORE="path: b")],
            {"engine": "argocd", "repository": "https://example.com/a/fleet.git"},
        ),
    ],
)  # fmt: skip
def test_the_repository_is_that_of_the_manifests(
    texts: list[str], delivery: dict[str, str]
) -> None:
    text = SERVER.replace("KEY", "HF_TOKEN").replace("NAME", "HF_TOKEN")
    assert _read("---".join([text, *texts]))["delivery"] == delivery
