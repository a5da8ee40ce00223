"""How a stack of KServe 0.21 installs it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from stackgen.compiler import Compiled
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.registry import predictions
from stackgen.spec.load import load
from tests.stacks import ROOT, build_data

CHARTS = ["kserve-llmisvc-crd", "kserve-llmisvc-resources", "kserve-runtime-configs"]


def _reference(**changes: Any) -> Compiled:
    """The reference stack with another release and other fields of the spec."""
    data = copy.deepcopy(load(str(ROOT), "stack.yaml", None).data)
    data["spec"] |= {"release": "kserve-0.21", **changes}
    return build_data("prod", data, prove=True)


def _objects(built: Compiled, kind: str, folder: str) -> dict[str, dict[str, Any]]:
    assert built.bundle is not None, built.findings
    return {
        r.name: r.data for r in built.bundle.objects if r.kind == kind and f"/{folder}/" in r.file
    }


@pytest.fixture(scope="module")
def flux() -> Compiled:
    return _reference()


def _open(built: Compiled) -> set[str]:
    """The rules whose findings the reference stack does not accept."""
    return {f.rule.id for f in built.findings} - {s.rule for s in built.suppressions}


def test_another_release_alone_is_a_stack_without_findings(flux: Compiled) -> None:
    assert _open(flux) == set()


def test_each_chart_follows_the_one_before_it(flux: Compiled) -> None:
    found = _objects(flux, "HelmRelease", "2-platform/kserve")
    after = {name: [d["name"] for d in r["spec"].get("dependsOn", ())] for name, r in found.items()}
    assert after == dict(zip(CHARTS, [[], *([name] for name in CHARTS)], strict=False))
    values = {name: r["spec"].get("values") for name, r in found.items()}
    assert values == {
        "kserve-llmisvc-crd": None,
        "kserve-llmisvc-resources": {
            "kserve": {
                "llmisvc": {
                    "createGIECRDs": False,
                    "controller": {"imagePullSecrets": [{"name": "redhat-pull-secret"}]},
                }
            }
        },
        "kserve-runtime-configs": {"kserve": {"llmisvcConfigs": {"enabled": True}}},
    }


def test_there_is_no_certificate_authority(flux: Compiled) -> None:
    assert flux.bundle is not None
    kinds = {r.kind for r in flux.bundle.objects}
    assert kinds.isdisjoint({"ClusterIssuer", "Certificate", "Bundle"})
    assert "trust-manager" not in {r.name for r in flux.bundle.objects}


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("gke", {"llm-d-router-crds"}),
        ("stack", {"gateway-inference-extension-crds", "llm-d-router-crds"}),
    ],
)
def test_argo_applies_definitions_that_nothing_else_installs(by: str, names: set[str]) -> None:
    spec = load(str(ROOT), "stack.yaml", None).data["spec"]
    delivery = {**spec["delivery"], "engine": "argocd"}
    built = _reference(delivery=delivery, cluster={**spec["cluster"], "gatewayApi": by})
    assert _open(built) == set()
    assert set(_objects(built, "Application", "2-platform/llm-d")) == names
    charts = _objects(built, "Application", "2-platform/kserve")
    assert [charts[name]["spec"]["source"]["chart"] for name in CHARTS] == CHARTS


def test_a_pool_that_the_chart_does_not_define_is_not_predicted(flux: Compiled) -> None:
    assert flux.bundle is not None and flux.plan is not None
    (service,) = flux.bundle.of_kind("LLMInferenceService", "serving.kserve.io")
    prediction, row = predictions()["kserve"], flux.plan.release.row

    def pools(bundle: Bundle) -> list[str]:
        made = prediction.objects(bundle, row)(service).objects
        return [data["apiVersion"] for data in made if data["kind"] == "InferencePool"]

    old, new = "inference.networking.x-k8s.io/v1alpha2", "inference.networking.k8s.io/v1"
    assert pools(flux.bundle) == [new]
    rest = tuple(r for r in flux.bundle.resources if r.kind != "HelmRelease")
    assert pools(Bundle(rest)) == [old, new]
    defined = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "inferencepools.inference.networking.x-k8s.io"},
    }
    assert pools(Bundle((*flux.bundle.resources, Resource(defined, "a")))) == [old, new]


def test_sidecars_are_an_error_at_their_line() -> None:
    (found,) = _reference(mesh={"sidecars": True}).findings
    assert found.rule.id == "spec-release-unsupported"
    assert "mesh.sidecars" in found.message
