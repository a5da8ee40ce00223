"""Which release is meant where none is named, and what is said about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stackgen.catalog.load import Catalog
from stackgen.cli.main import cli
from stackgen.cli.release import settled
from stackgen.manifest.resource import Bundle, Resource
from stackgen.repository import Repository

OWN = Repository(Catalog())
SERVICE = "LLMInferenceService"


def bundle(*kinds: tuple[str, str]) -> Bundle:
    objects = [{"apiVersion": a, "kind": k, "metadata": {"name": "a"}} for a, k in kinds]
    return Bundle(tuple(Resource(data, "a") for data in objects))


OLD = ("serving.kserve.io/v1alpha1", SERVICE)
NEW = ("serving.kserve.io/v1alpha2", SERVICE)
MODEL = ("inference.networking.x-k8s.io/v1alpha2", "InferenceModel")


@pytest.mark.parametrize(
    ("kinds", "release", "why"),
    [
        ((OLD,), "kserve-0.21", "judged by release kserve-0.21, the newest release;"),
        ((OLD, NEW), "kserve-0.21", "judged by release kserve-0.21, the newest release;"),
        (
            (OLD, MODEL),
            "llm-d-infra-xks-0.15",
            "judged by release llm-d-infra-xks-0.15, the newest that serves what is there;",
        ),
        (
            (NEW, MODEL),
            "kserve-0.21",
            "judged by release kserve-0.21, the newest release, though none serves all that is",
        ),
        (
            (("serving.kserve.io/v1beta9", SERVICE),),
            "kserve-0.21",
            "judged by release kserve-0.21, the newest release, though none serves all that is",
        ),
        ((("v1", "Service"), ("apps/v1", "Deployment")), "", ""),
        ((), "", ""),
    ],
)
def test_the_newest_that_fits(kinds: tuple[tuple[str, str], ...], release: str, why: str) -> None:
    found, remark = settled(OWN, "", bundle(*kinds))
    assert found == release
    assert remark.startswith(why)
    assert bool(remark) == bool(why)


GATEWAY = {"kserve": "kserve-ingress-gateway", "redhat-ods-applications": "inference-gateway"}


def service(namespace: str) -> dict[str, Any]:
    refs = [{"name": GATEWAY[namespace], "namespace": namespace}]
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": SERVICE,
        "metadata": {"name": "qwen", "namespace": "models"},
        "spec": {
            "model": {"uri": "hf://Qwen/Qwen3-8B"},
            "router": {"route": {}, "gateway": {"refs": refs}, "scheduler": {}},
            "template": {"containers": [{"name": "main", "args": ["--max-model-len=8k"]}]},
        },
    }


def controller(image: str) -> dict[str, Any]:
    pod = {"containers": [{"name": "manager", "image": image}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "manager", "namespace": "system"},
        "spec": {"template": {"spec": pod}},
    }


def definition(name: str, annotations: dict[str, str], *versions: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"versions": [{"name": v, "served": True} for v in versions]},
    }


CHART = {
    "apiVersion": "helm.toolkit.fluxcd.io/v2",
    "kind": "HelmRelease",
    "metadata": {"name": "kserve", "namespace": "kserve"},
    "spec": {"chart": {"spec": {"chart": "kserve-llmisvc-resources", "version": "v0.20.0"}}},
}
OLDER_CHART = {
    "apiVersion": "helm.toolkit.fluxcd.io/v2",
    "kind": "HelmRelease",
    "metadata": {"name": "kserve", "namespace": "kserve"},
    "spec": {"chart": {"spec": {"chart": "kserve-resources", "version": "v0.17.0"}}},
}
REPOSITORY = {
    "apiVersion": "source.toolkit.fluxcd.io/v1",
    "kind": "OCIRepository",
    "metadata": {"name": "definitions", "namespace": "flux-system"},
    "spec": {
        "url": "oci://ghcr.io/kserve/charts/kserve-llmisvc-crd",
        "ref": {"tag": "v0.21.0"},
    },
}
OLD_SERVICE = {"apiVersion": OLD[0], "kind": SERVICE, "metadata": {"name": "a"}, "spec": {}}


@pytest.mark.parametrize(
    ("objects", "release", "why"),
    [
        (
            [service("redhat-ods-applications")],
            "rhaii-3.4",
            "gateway redhat-ods-applications/inference-gateway",
        ),
        ([OLD_SERVICE, CHART], "kserve-0.20", "chart kserve-llmisvc-resources-v0.20.0"),
        ([OLD_SERVICE, REPOSITORY], "kserve-0.21", "chart kserve-llmisvc-crd-v0.21.0"),
        (
            [OLD_SERVICE, OLDER_CHART],
            "kserve-0.20",
            "chart kserve-resources-v0.17.0, whose own release is not known",
        ),
        (
            [
                OLD_SERVICE,
                OLDER_CHART,
                controller("quay.io/opendatahub/kserve-controller:odh-v3.5"),
            ],
            "odh-3.5",
            "image quay.io/opendatahub/kserve-controller:odh-v3.5",
        ),
        (
            [service("kserve"), controller("quay.io/opendatahub/kserve-controller:v0.15-latest")],
            "llm-d-infra-xks-0.15",
            "image quay.io/opendatahub/kserve-controller:v0.15-latest",
        ),
        (
            [service("kserve"), controller("docker.io/kserve/llmisvc-controller:v0.20.1")],
            "kserve-0.20",
            "image docker.io/kserve/llmisvc-controller:v0.20.1",
        ),
        (
            [OLD_SERVICE, controller("quay.io/opendatahub/kserve-controller:odh-v3.5")],
            "odh-3.5",
            "image quay.io/opendatahub/kserve-controller:odh-v3.5",
        ),
        (
            [
                OLD_SERVICE,
                definition("llminferenceservices.serving.kserve.io", {}, "v1alpha1"),
            ],
            "llm-d-infra-xks-0.15",
            "llminferenceservices.serving.kserve.io with v1alpha1",
        ),
    ],
)
def test_what_the_input_tells(objects: list[dict[str, Any]], release: str, why: str) -> None:
    found, remark = settled(OWN, "", Bundle(tuple(Resource(data, "a") for data in objects)))
    assert found == release
    assert remark == f"judged by release {release}, because of {why}; --release names another"


INSTALLED = {
    "apiVersion": "helm.sh/v1",
    "kind": "HelmInstall",
    "metadata": {"name": "kserve"},
    "spec": {"chart": "kserve-llmisvc-resources", "version": "0.19.x"},
}
HELMFILE = {"releases": [{"name": "a", "chart": "kserve/kserve-resources", "version": "v0.19.1"}]}
UMBRELLA = {"name": "ai", "dependencies": [{"name": "kserve", "version": "v0.15.2"}]}
KUSTOMIZATION = {
    "apiVersion": "kustomize.config.k8s.io/v1beta1",
    "kind": "Kustomization",
    "helmCharts": [{"name": "kserve-llmisvc-resources", "version": "v0.19.0"}],
}


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("outside", INSTALLED),
        ("settings", HELMFILE),
        ("settings", UMBRELLA),
        ("resources", KUSTOMIZATION),
    ],
)
def test_charts_of_scripts_and_files_tell(field: str, data: dict[str, Any]) -> None:
    index = "helmCharts" in data
    told = Resource(data, "a", index=index)
    known = {"resources": (Resource(OLD_SERVICE, "a"),), "outside": (), "settings": ()}
    known[field] = (*known[field], told)
    assert settled(OWN, "", Bundle(**known))[0] == "kserve-0.20"


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/kserve/kserve/releases/download/v0.20.0/kserve.yaml",
        "https://github.com/kserve/kserve//config/default?ref=v0.20.0",
    ],
)
def test_released_files_that_a_kustomization_lists(address: str) -> None:
    index = Resource({"resources": [address, "a.yaml"]}, "kustomization.yaml", index=True)
    found, remark = settled(OWN, "", Bundle((Resource(OLD_SERVICE, "a.yaml"), index)))
    assert found == "kserve-0.20"
    assert "because of chart kserve-v0.20.0;" in remark


@pytest.mark.parametrize(
    "spec",
    [
        {"url": "https://github.com/example-org/kserve", "ref": {"tag": "v0.15"}},
        {"url": "https://github.com/example-org/kserve.git"},
        {"chart": {"spec": {"chart": "./charts/kserve"}}},
    ],
)
def test_a_fork_and_its_charts_tell_no_release(spec: dict[str, Any]) -> None:
    kind = "HelmRelease" if "chart" in spec else "GitRepository"
    data = {"kind": kind, "metadata": {"name": "kserve"}, "spec": spec}
    given = Bundle((Resource(OLD_SERVICE, "a"), Resource(data, "b")))
    assert settled(OWN, "", given)[0] == "kserve-0.21"


@pytest.mark.parametrize(
    "given",
    [
        {"apiVersion": "datasciencecluster.opendatahub.io/v1", "kind": "DataScienceCluster"},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"labels": {"opendatahub.io/a": ""}}},
        {"kind": "ConfigMap", "metadata": {"namespace": "redhat-ods-applications"}},
        controller("registry.redhat.io/rhaiis/vllm-cuda-rhel9:3.2"),
        {"kind": "GitRepository", "spec": {"url": "https://github.com/opendatahub-io/kserve"}},
    ],
)
def test_an_object_of_a_project_tells_its_newest_release(given: dict[str, Any]) -> None:
    objects = Bundle((Resource(OLD_SERVICE, "a"), Resource(given, "b")))
    release, remark = settled(OWN, "", objects)
    assert release == "odh-master"
    assert remark.startswith("judged by release odh-master, because of ")


def test_a_chart_of_another_project_with_a_variable_as_version() -> None:
    install = {"kind": "HelmInstall", "spec": {"chart": "kserve-rhaii-xks", "version": "${V}"}}
    given = Bundle((Resource(OLD_SERVICE, "a"),), outside=(Resource(install, "up.sh"),))
    assert settled(OWN, "", given)[0] == "rhaii-3.4"


@pytest.mark.parametrize(
    ("objects", "sign"),
    [
        ([service("kserve")], "gateway kserve/kserve-ingress-gateway"),
        (
            [
                OLD_SERVICE,
                definition(
                    "inferencepools.inference.networking.k8s.io",
                    {"inference.networking.k8s.io/bundle-version": "v1.5.0"},
                    "v1",
                ),
            ],
            "inference.networking.k8s.io/bundle-version v1.5.0",
        ),
    ],
)
def test_of_releases_with_the_same_sign_the_newest(
    objects: list[dict[str, Any]], sign: str
) -> None:
    found, remark = settled(OWN, "", Bundle(tuple(Resource(data, "a") for data in objects)))
    assert found == "kserve-0.21"
    assert remark == f"judged by release {found}, the newest with {sign}; --release names another"


INPUTS = {
    "kserve-0.20": [service("kserve"), controller("kserve/llmisvc-controller:v0.20.0")],
    "kserve-0.21": [service("kserve")],
    "rhaii-3.4": [service("redhat-ods-applications")],
    "llm-d-infra-xks-0.15": [
        service("kserve"),
        controller("quay.io/opendatahub/kserve-controller:v0.15-latest"),
    ],
    "odh-3.5": [service("kserve"), controller("quay.io/opendatahub/kserve-controller:odh-v3.5")],
    "odh-master": [
        OLD_SERVICE,
        {
            "kind": "GitRepository",
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "metadata": {"name": "a"},
            "spec": {"url": "https://github.com/opendatahub-io/a"},
        },
    ],
}


# Rows of platforms whose controllers make the Pods: the input can tell them apart.
CONTROLLED = [row.key for row in Catalog().rows("release") if "controller" in row.data]


@pytest.mark.parametrize("release", CONTROLLED)
def test_a_row_that_is_chosen_judges_as_when_it_is_named(release: str, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    items = {"apiVersion": "v1", "kind": "List", "items": INPUTS[release]}
    file.write_text(json.dumps(items), encoding="utf-8")
    command = ["lint", "--output-format", "json", str(file)]
    chosen = CliRunner().invoke(cli, command)
    named = CliRunner().invoke(cli, [*command, "--release", release])
    assert f"judged by release {release}, " in chosen.stderr
    assert chosen.stderr.count("judged by release") == 1
    assert "judged by release" not in named.stderr
    assert chosen.stdout == named.stdout
    assert json.loads(named.stdout)["findings"]


def test_releases_are_listed() -> None:
    done = CliRunner().invoke(cli, ["releases", "--output-format", "json"])
    rows = json.loads(done.stdout)["releases"]
    assert [r["name"] for r in rows] == Catalog().names("release")
    assert {r["name"] for r in rows if r["use"] == "build, lint"} == {
        "kserve-0.21",
        "llm-d-0.9",
        "llm-d-infra-xks-0.15",
    }
    text = CliRunner().invoke(cli, ["releases"]).stdout
    assert text.splitlines()[0].split() == ["NAME", "PLATFORM", "USE", "API", "SCHEMAS", "AS", "OF"]
    assert all(name in text for name in Catalog().names("release"))


def test_what_is_named_is_meant() -> None:
    assert settled(OWN, "odh-3.5", bundle(NEW)) == ("odh-3.5", "")


POOL = {
    "apiVersion": "inference.networking.k8s.io/v1",
    "kind": "InferencePool",
    "metadata": {"name": "qwen", "namespace": "models"},
}


@pytest.mark.parametrize(
    ("image", "release"),
    [
        ("ghcr.io/llm-d/llm-d-router-endpoint-picker:v0.10.0", "llm-d-0.9"),
        ("registry.example.com/llm-d-router-endpoint-picker:v0.9.3", "llm-d-0.8"),
        ("ghcr.io/llm-d/llm-d-inference-scheduler:v0.4.0", "llm-d-0.8"),
    ],
)
def test_a_picker_without_a_controller_tells_the_release_of_llm_d(image: str, release: str) -> None:
    objects = tuple(Resource(data, "a") for data in (POOL, controller(image)))
    found, remark = settled(OWN, "", Bundle(objects))
    assert found == release
    assert remark.startswith(f"judged by release {release}, because of image {image}")
    with_service = Bundle((*objects, Resource(service("kserve"), "a")))
    assert settled(OWN, "", with_service)[0] != release


def test_a_picker_of_another_project_tells_no_release_of_llm_d() -> None:
    other = controller("registry.k8s.io/gateway-api-inference-extension/epp:v1.5.0")
    objects = tuple(Resource(data, "a") for data in (POOL, other))
    assert settled(OWN, "", Bundle(objects))[0] == "kserve-0.21"


@pytest.mark.parametrize("part", ["", "out", "out/prod", "out/prod/4-serving"])
def test_the_lock_of_rendered_files_names_their_release(tmp_path: Path, part: str) -> None:
    folder = tmp_path / "out" / "prod" / "4-serving"
    folder.mkdir(parents=True)
    (folder / "service.json").write_text(json.dumps(OLD_SERVICE), encoding="utf-8")
    lock = tmp_path / "out" / "prod" / "stackgen.lock"
    lock.write_text('{"version": 1, "release": "odh-3.5", "files": {}}', encoding="utf-8")
    said = CliRunner().invoke(cli, ["lint", str(tmp_path / part)]).stderr
    assert f"judged by release odh-3.5, because of {lock}; --release names another" in said


@pytest.mark.parametrize("text", ["", "[]", '{"release": 3}', '{"release": "odh-0.0"}'])
def test_a_lock_that_names_no_release_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "service.json").write_text(json.dumps(OLD_SERVICE), encoding="utf-8")
    (tmp_path / "stackgen.lock").write_text(text, encoding="utf-8")
    said = CliRunner().invoke(cli, ["lint", str(tmp_path)]).stderr
    assert "judged by release kserve-0.21, the newest release" in said
