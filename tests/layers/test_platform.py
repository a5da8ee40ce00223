"""Who installs the platform, and who brings the secrets: what is rendered then, and what is not."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from stackgen.manifest.resource import Bundle
from tests.stacks import build_data


def _bundle(env: str = "prod", **spec: Any) -> Bundle:
    data = copy.deepcopy(build_data(env).loaded.data)
    for key, value in spec.items():
        data["spec"].setdefault(key, {}).update(value)
    bundle = build_data(env, data).bundle
    assert bundle is not None
    return bundle


def _named(bundle: Bundle, kind: str) -> set[str]:
    return {r.name for r in bundle.objects if r.kind == kind}


def _steps(bundle: Bundle) -> dict[str, Any]:
    """The Kustomizations of the workload cluster by step."""
    return {
        r.name.removeprefix("llmd-istio-tpu-"): r.data["spec"] for r in bundle.objects
        if r.kind == "Kustomization" and "/delivery/workload-cluster/" in r.file
    }  # fmt: skip


PARTS = {
    "certManager": ("cert-manager-operator", "CertManager", "cert-manager-webhook"),
    "istio": ("sail-operator", "Istio", "istiod"),
    "lws": ("lws-operator", "LeaderWorkerSetOperator", "lws-controller-manager"),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_others_is_neither_installed_nor_waited_for(part: str) -> None:
    chart, operand, deployment = PARTS[part]
    before, after = _bundle(), _bundle(platform={part: "existing"})
    assert chart in _named(before, "HelmRelease")
    assert chart not in _named(after, "HelmRelease")
    assert _named(before, operand) and not _named(after, operand)
    waited = [{c["name"] for c in _steps(b)["operands"]["healthChecks"]} for b in (before, after)]
    assert waited[0] - waited[1] >= {deployment}
    assert all(name not in waited[1] for name in (deployment,))


def test_one_word_for_all_and_exceptions_to_it() -> None:
    none = _bundle(platform={"all": "existing"})
    assert not _named(none, "HelmRelease") and not _named(none, "GitRepository") - {
        "llmd-istio-tpu"
    }
    assert set(_steps(none)) == {
        "namespaces", "secrets", "3-gateway", "4-serving", "5-network", "6-observe",
    }  # fmt: skip
    one = _bundle(platform={"all": "existing", "istio": "managed"})
    assert _named(one, "HelmRelease") == {"sail-operator"}


def test_steps_close_up_where_others_are_left_out() -> None:
    steps = _steps(_bundle(platform={"all": "existing"}))
    # Not for namespaces too: both wait for them.
    for step in ("3-gateway", "4-serving"):
        assert [d["name"].removeprefix("llmd-istio-tpu-") for d in steps[step]["dependsOn"]] == [
            "5-network", "secrets",
        ]  # fmt: skip


def test_existing_kserve_comes_with_its_authority_and_namespace() -> None:
    bundle = _bundle(platform={"kserve": "existing"})
    assert not _named(bundle, "Certificate") and not _named(bundle, "Bundle")
    assert "opendatahub" not in _named(bundle, "Namespace")
    # The gateway's namespace has no label of ours then: the pull secret goes there by its name.
    (copy_,) = (r for r in bundle.objects if r.kind == "ClusterExternalSecret")
    names = [s["matchLabels"] for s in copy_.data["spec"]["namespaceSelectors"]]
    assert {"kubernetes.io/metadata.name": "opendatahub"} in names


def test_a_gateway_elsewhere_leaves_the_controller_its_namespace() -> None:
    spaces = _named(_bundle(gateway={"namespace": "edge"}), "Namespace")
    assert {"opendatahub", "edge"} <= spaces


@pytest.mark.parametrize(("owner", "channel"), [("gke", "STANDARD"), ("stack", "DISABLED")])
def test_who_installs_the_gateway_api(owner: str, channel: str) -> None:
    bundle = _bundle(cluster={"gatewayApi": owner})
    (cluster,) = (r.data for r in bundle.objects if r.kind == "ContainerCluster")
    assert cluster["spec"]["gatewayApiConfig"]["channel"] == f"CHANNEL_{channel}"
    ours = [r.data["spec"] for r in bundle.objects if r.name == "gateway-api-crds"]
    assert bool(ours) == (owner == "stack")
    for spec in ours:
        assert spec["prune"] is False
        (source,) = (r.data["spec"] for r in bundle.objects if r.name == "gateway-api")
        assert re.fullmatch(r"[0-9a-f]{40}", source["ref"]["commit"])
        # Operators look at their start whether it is there. All steps after them wait, too.
        needed = _steps(bundle)["operators"]["dependsOn"]
        assert {"name": "llmd-istio-tpu-gateway-api"} in needed


def test_argo_cd_applies_the_same_commit_of_the_gateway_api() -> None:
    flux = _bundle("prod", cluster={"gatewayApi": "stack"})
    argo = _bundle("dev", cluster={"gatewayApi": "stack"})
    (source,) = (r.data["spec"] for r in flux.objects if r.name == "gateway-api")
    (application,) = (r.data["spec"] for r in argo.objects if r.name == "gateway-api-crds")
    assert application["source"]["targetRevision"] == source["ref"]["commit"]
    (project,) = (
        r for r in argo.objects if r.kind == "AppProject" and "/workload-cluster/" in r.file
    )
    assert application["source"]["repoURL"] in project.data["spec"]["sourceRepos"]


def test_sops_decrypts_a_folder_of_the_user_before_anything_pulls_an_image() -> None:
    bundle = _bundle(secrets={"manager": "sops", "path": "sealed/llm", "keySecret": "age"})
    step = _steps(bundle)["secrets"]
    assert step["path"] == "./sealed/llm/prod"
    assert step["decryption"] == {"provider": "sops", "secretRef": {"name": "age"}}
    assert {"name": "llmd-istio-tpu-namespaces"} in step["dependsOn"]
    assert _steps(bundle)["operators"]["dependsOn"] == [{"name": "llmd-istio-tpu-secrets"}]
    (repository,) = (
        r.data["spec"] for r in bundle.objects
        if r.name == "llmd-istio-tpu" and "/workload-cluster/gitrepository" in r.file
    )  # fmt: skip
    assert repository["ignore"].splitlines() == ["/*", "!/out", "!/sealed"]
    # The namespaces that the Secrets are for are made by the step before.
    spaces = {r.name for r in bundle.objects if "/2-platform/namespaces/namespace-" in r.file}
    assert {"llm-d-inference-scheduling", "opendatahub"} <= spaces


def test_reflector_is_installed_and_no_store() -> None:
    bundle = _bundle(secrets={"manager": "reflector", "sourceNamespace": "vault"})
    assert "reflector" in _named(bundle, "HelmRelease")
    assert {"reflector", "vault"} <= _named(bundle, "Namespace")
    assert not [r for r in bundle.objects if r.group == "external-secrets.io"]


def test_an_existing_secret_operator_still_gets_its_objects() -> None:
    bundle = _bundle(platform={"secretOperator": "existing"})
    assert "external-secrets" not in _named(bundle, "HelmRelease")
    assert _named(bundle, "ClusterSecretStore") == {"gcp-secret-manager"}
