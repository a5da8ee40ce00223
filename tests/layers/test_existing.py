"""Names, labels and paths of objects that exist already."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackgen import paths
from stackgen.compiler import compile_environment
from stackgen.manifest.resource import Bundle, Resource

NAMES = {
    "serviceAccount": "models-sa", "pool": "old-pool", "picker": "old-epp", "route": "old-route",
    "monitor": "old-monitor",
}  # fmt: skip
PICKER = {
    "labels": {"app.kubernetes.io/name": "old-epp"},
    "selector": {"router": "old-epp"},
    "ports": [{"name": "http-metrics", "port": 9090}],
    "config": {"apiVersion": "llm-d.ai/v1alpha1", "kind": "EndpointPickerConfig"},
    "template": {
        "spec": {
            "containers": [
                {"name": "picker", "imagePullPolicy": "Always", "livenessProbe": None},
            ]
        }
    },
}
MODEL = {
    "labels": {"team": "chat"}, "names": NAMES, "picker": PICKER,
    "route": {"path": "/"},
}  # fmt: skip


def _rendered(tmp_path: Path, model: dict[str, Any], **spec: Any) -> Bundle:
    with open(f"{paths.patterns('llm-d-single')}/stack.yaml", encoding="utf-8") as file:
        data = yaml.safe_load(file)
    data["spec"]["serving"]["models"][0] |= copy.deepcopy(model)
    for key, value in spec.items():
        data["spec"].setdefault(key, {}).update(value)
    if data["spec"]["gateway"]["class"] == "istio":
        del data["spec"]["gateway"]["proxyOnlySubnet"]
    (tmp_path / "stack.yaml").write_text(yaml.safe_dump(data))
    compiled = compile_environment(str(tmp_path), "default", prove=False)
    assert compiled.bundle is not None, compiled.findings
    return compiled.bundle


def _one(bundle: Bundle, kind: str, name: str) -> Resource:
    (found,) = [r for r in bundle.objects if (r.kind, r.name) == (kind, name)]
    return found


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    more = {"observe": {"engine": "gmp", "intervalSeconds": 15}}
    return _rendered(tmp_path_factory.mktemp("named"), MODEL, **more)


def test_objects_have_the_names_of_the_spec(named: Bundle) -> None:
    kinds = {
        "ServiceAccount": "models-sa", "InferencePool": "old-pool", "Deployment": "old-epp",
        "Service": "old-epp", "HTTPRoute": "old-route", "PodMonitoring": "old-monitor",
    }  # fmt: skip
    for kind, name in kinds.items():
        _one(named, kind, name)
    pool = _one(named, "InferencePool", "old-pool")
    assert pool.get("spec", "endpointPickerRef", "name") == "old-epp"
    (rule,) = _one(named, "HTTPRoute", "old-route").get("spec", "rules")
    assert rule["backendRefs"][0]["name"] == "old-pool"
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/"}}]
    assert "filters" not in rule
    servers = [r for r in named.of_kind("Deployment", "apps") if r.name != "old-epp"]
    pod = servers[0].get("spec", "template", "spec")
    assert pod["serviceAccountName"] == "models-sa"
    # The monitor of the one model takes the place of the shared one.
    monitors = {r.name: r for r in named.objects if r.kind == "PodMonitoring"}
    assert "vllm" not in monitors
    assert monitors["old-monitor"].get("spec", "endpoints", 0, "interval") == "15s"


def test_labels_are_those_of_the_model_or_of_its_picker(named: Bundle) -> None:
    def labels(kind: str, name: str) -> dict[str, str]:
        found = _one(named, kind, name).metadata["labels"]
        return {k: v for k, v in found.items() if k in ("team", "app.kubernetes.io/name")}

    assert labels("HTTPRoute", "old-route") == {"team": "chat"}
    assert labels("ServiceAccount", "models-sa") == {"team": "chat"}
    for kind in ("Deployment", "Service"):
        assert labels(kind, "old-epp") == {"app.kubernetes.io/name": "old-epp"}
    assert labels("InferencePool", "old-pool") == {"app.kubernetes.io/name": "old-epp"}


def test_the_picker_has_its_selector_ports_configuration_and_template(named: Bundle) -> None:
    picker, service = _one(named, "Deployment", "old-epp"), _one(named, "Service", "old-epp")
    assert picker.get("spec", "selector", "matchLabels") == {"router": "old-epp"}
    assert service.get("spec", "selector") == {"router": "old-epp"}
    pods = picker.get("spec", "template", "metadata", "labels")
    assert pods["router"] == "old-epp" and "app.kubernetes.io/component" in pods
    (container,) = picker.get("spec", "template", "spec", "containers")
    # In a template null removes.
    assert container["imagePullPolicy"] == "Always" and "livenessProbe" not in container
    text = container["args"][container["args"].index("--config-text") + 1]
    assert yaml.safe_load(text) == PICKER["config"]
    assert [p["name"] for p in service.get("spec", "ports")] == ["grpc-ext-proc", "http-metrics"]


def test_a_service_of_servers_without_a_picker(tmp_path: Path) -> None:
    model = {
        "scheduler": False, "names": {"service": "vllm-service"},
        "service": {"port": 80, "type": "LoadBalancer"},
    }  # fmt: skip
    istio = {"gateway": {"class": "istio", "listeners": [
        {"name": "http", "port": 80, "allowedRoutes": "All"},
    ]}}  # fmt: skip
    bundle = _rendered(tmp_path, model, **istio)
    service = _one(bundle, "Service", "vllm-service")
    assert service.get("spec", "type") == "LoadBalancer"
    assert service.get("spec", "ports", 0) == {"name": "http", "port": 80, "targetPort": 8000}
    routes = list(bundle.of_kind("HTTPRoute", "gateway.networking.k8s.io"))
    ends = [r.get("spec", "rules", 0, "backendRefs", 0) for r in routes]
    assert {"name": "vllm-service", "port": 80} in ends
    gateway = next(iter(bundle.of_kind("Gateway", "gateway.networking.k8s.io")))
    allowed = gateway.get("spec", "listeners", 0, "allowedRoutes")
    assert allowed == {"namespaces": {"from": "All"}}
