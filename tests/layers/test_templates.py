"""Pod templates, selectors and further objects of the spec, on each platform."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from stackgen.compiler import Compiled
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from tests.stacks import build_data, of_one_model

POD: dict[str, dict[str, list[Path]]] = {
    "llm-d-0.9": {
        "Deployment": [("spec", "template")],
        "LeaderWorkerSet": [
            ("spec", "leaderWorkerTemplate", "leaderTemplate"),
            ("spec", "leaderWorkerTemplate", "workerTemplate"),
        ],
    },
    "kserve-0.21": {"LLMInferenceService": [("spec", "template"), ("spec", "worker")]},
}


def _template(release: str) -> dict[str, Any]:
    server: dict[str, Any] = {
        "name": "modelserver", "env": [{"name": "A", "value": "b"}],
        "livenessProbe": {"periodSeconds": 77}, "lifecycle": None,
    }  # fmt: skip
    if release == "kserve-0.21":
        # The controller of this release has a lifecycle of its own.
        server["name"] = "main"
        del server["lifecycle"]
    side = {"name": "side", "image": "registry.example.com/side:1"}
    return {
        "metadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}},
        "spec": {"terminationGracePeriodSeconds": 7, "containers": [server, side]},
    }


def _stack(release: str, topology: str = "2x4", **more: Any) -> Compiled:
    pool = {"accelerator": "v6e", "topology": topology}
    return of_one_model(
        release, {"exposure": "internal"}, pool, template=_template(release), **more
    )


def _objects(compiled: Compiled, kind: str) -> list[Resource]:
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    return [r for r in compiled.bundle.of_kind(kind) if r.name == "qwen"]


@pytest.mark.parametrize(
    ("release", "topology", "kind"),
    [
        ("llm-d-0.9", "2x4", "Deployment"),
        ("llm-d-0.9", "4x4", "LeaderWorkerSet"),
        ("kserve-0.21", "4x4", "LLMInferenceService"),
    ],
)
def test_a_template_reaches_the_pods_of_a_model(release: str, topology: str, kind: str) -> None:
    compiled = _stack(release, topology)
    (made,) = _objects(compiled, kind)
    several = topology == "4x4"
    places = POD[release][kind][: 2 if several else 1]
    for at, place in enumerate(places):
        found = made.get(*place)
        spec = found if release == "kserve-0.21" else found["spec"]
        server = spec["containers"][0]
        assert {"name": "A", "value": "b"} in server["env"]
        assert spec["terminationGracePeriodSeconds"] == 7
        assert spec["containers"][1]["name"] == "side"
        # Workers answer no requests.
        assert server.get("livenessProbe", {}).get("periodSeconds") == (77 if at == 0 else None)
        if release != "kserve-0.21":
            assert found["metadata"]["labels"]["team"] == "a"
            assert ("lifecycle" in server) is (at == 1)
    if release == "kserve-0.21":
        assert (made.get("spec", "labels"), made.get("spec", "annotations")) == (
            {"team": "a"}, {"note": "b"}
        )  # fmt: skip
    leaf = (*places[0], *(("spec",) if release != "kserve-0.21" else ()))
    origin = made.origins[*leaf, "terminationGracePeriodSeconds"]
    assert (origin.kind, origin.name) == (
        "spec", "spec.serving.models[0].template.spec.terminationGracePeriodSeconds"
    )  # fmt: skip


def test_a_selector_selects_wherever_the_pods_of_a_model_are_selected() -> None:
    compiled = _stack("llm-d-0.9", selector={"app": "vllm"}, replicas=2, strategy="Recreate")
    (server,) = _objects(compiled, "Deployment")
    labels = server.get("spec", "template", "metadata", "labels")
    assert server.get("spec", "selector", "matchLabels") == {"app": "vllm"}
    assert labels == {
        "llm-d.ai/model": "qwen", "llm-d.ai/role": "decode", "app": "vllm", "team": "a"
    }  # fmt: skip
    assert server.metadata["labels"]["app"] == "vllm"
    assert server.get("spec", "strategy") == {"type": "Recreate"}
    assert compiled.bundle is not None
    selectors = [
        r.get("spec", "selector", "matchLabels")
        for kind in ("InferencePool", "PodDisruptionBudget")
        for r in compiled.bundle.of_kind(kind)
    ]
    assert selectors == [{"app": "vllm"}] * 2


def test_what_a_template_cannot_remove_is_told() -> None:
    compiled = of_one_model(
        "llm-d-0.9", {"exposure": "internal"}, {"accelerator": "v6e", "topology": "2x4"},
        template={"spec": {"hostNetwork": None}},
    )  # fmt: skip
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-patch-target"]
    assert found.message == (
        "the Pod template of qwen has no spec.template.spec.hostNetwork to remove"
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "selector", {"app": "x"},
            (
                "release kserve-0.21 does not support serving.models.selector: the KServe "
                "controller selects the Pods of a model by labels of its own"
            ),
        ),
        (
            "name", "a" * 39,
            (
                f"{'a' * 39} has 39 characters; with release kserve-0.21 at most 38 are allowed, "
                "because the controller appends a suffix"
            ),
        ),
    ],
)  # fmt: skip
def test_what_the_release_cannot_have_is_told(field: str, value: Any, message: str) -> None:
    compiled = of_one_model(
        "kserve-0.21", {"exposure": "internal"}, {"accelerator": "v6e", "topology": "2x4"},
        **{field: value},
    )  # fmt: skip
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-release-unsupported"]
    assert found.message == message
    assert found.places[0].path == ("spec", "serving", "models", 0, field)


def test_extra_objects_are_rendered_as_they_are() -> None:
    data = copy.deepcopy(_stack("llm-d-0.9").loaded.data)
    head = {"apiVersion": "v1", "kind": "ConfigMap"}
    data["spec"]["extraObjects"] = [
        {**head, "metadata": {"name": "a"}, "data": {"x": "y"}},
        {**head, "metadata": {"name": "a", "namespace": "other"}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": "a"}, "rules": [],
        },
        {"apiVersion": "example.com/v1", "kind": "Unknown", "metadata": {"name": "a"}},
    ]  # fmt: skip
    compiled = build_data("default", data)
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    prefix = "out/default/"
    made = {r.file.removeprefix(prefix): r for r in compiled.bundle.objects if "/extra/" in r.file}
    assert {file: r.namespace for file, r in made.items()} == {
        "4-serving/extra/configmap-a-models.yaml": "models",
        "4-serving/extra/configmap-a-other.yaml": "other",
        "4-serving/extra/clusterrole-rbac.authorization.k8s.io-a.yaml": "",
        # Where a kind is not known, nothing is added.
        "4-serving/extra/unknown-example.com-a.yaml": "",
    }
    first = made["4-serving/extra/configmap-a-models.yaml"]
    assert first.data == {
        **head, "metadata": {"name": "a", "namespace": "models"}, "data": {"x": "y"}
    }  # fmt: skip
    assert first.origins["data", "x"].name == "spec.extraObjects[0].data.x"
    data["spec"]["extraObjects"] = [{"kind": "ConfigMap", "metadata": {}}]
    wrong = {f.message for f in build_data("default", data).findings}
    assert "spec.extraObjects[0] has no 'apiVersion'" in wrong
