"""What must hold of how the reference stack is delivered, each with the fact it stands for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.layers.reference import ARGO, FLUX, keyed, objects, of

pytestmark = pytest.mark.parametrize("env", (FLUX, ARGO))


def _kustomizations() -> list[Any]:
    return [
        r.data for r in objects(FLUX)
        if "/delivery/workload-cluster/" in r.file and r.kind == "Kustomization"
    ]  # fmt: skip


def _workload_steps(env: str) -> list[tuple[str, str]]:
    """Name and path of every step, in the order they are applied."""
    if env == ARGO:
        (found,) = of(env, "ApplicationSet")
        elements = found["spec"]["generators"][0]["list"]["elements"]
        paths = {e["name"]: e["path"] for e in elements}
        order = [
            value
            for step in found["spec"]["strategy"]["rollingSync"]["steps"]
            for value in step["matchExpressions"][0]["values"]
        ]
        return [(name, paths[name]) for name in order]
    steps = _kustomizations()
    before = {s["metadata"]["name"]: s["spec"].get("dependsOn") for s in steps}
    steps.sort(key=lambda s: _depth(s["metadata"]["name"], before))
    return [
        (s["metadata"]["name"].removeprefix("llmd-istio-tpu-"), s["spec"]["path"][2:])
        for s in steps
    ]


def test_steps_follow_one_another_without_gaps(env: str) -> None:
    assert len(_workload_steps(env)) > 8
    if env == ARGO:
        (found,) = of(env, "ApplicationSet")
        strategy, template = found["spec"]["strategy"], found["spec"]["template"]
        elements = [e["name"] for e in found["spec"]["generators"][0]["list"]["elements"]]
        assert strategy["type"] == "RollingSync"
        assert [name for name, _ in _workload_steps(env)] == elements
        for step in strategy["rollingSync"]["steps"]:
            (match,) = step["matchExpressions"]
            assert match["operator"] == "In"
            assert template["metadata"]["labels"][match["key"]] == "{{.name}}"
        assert template["spec"]["source"]["path"] == "{{.path}}"
        return
    steps = _kustomizations()
    after = {
        s["metadata"]["name"]: [d["name"] for d in s["spec"].get("dependsOn", [])] for s in steps
    }
    firsts = [name for name, before in after.items() if not before]
    assert len(firsts) == 1
    seen = {firsts[0]}
    for _ in steps[1:]:
        (following,) = [n for n, before in after.items() if n not in seen and set(before) <= seen]
        seen.add(following)
    assert seen == set(after)


def test_every_step_syncs_a_folder_that_is_rendered(env: str) -> None:
    folders = {r.file.rpartition("/")[0] for r in objects(env)}
    paths = [path for _, path in _workload_steps(env)]
    assert set(paths) <= folders
    rendered = {f for f in folders if "/delivery/" not in f and "/1-cluster" not in f}
    applied = {*paths, *_beside_charts(env)}
    assert applied == {f for f in rendered if not f.endswith("/values")}


def _beside_charts(env: str) -> set[str]:
    """Folders whose objects take the place of what a chart renders, synced with it."""
    return {
        source["path"]
        for application in of(env, "Application")
        for source in application["spec"].get("sources", [])[1:]
    }


def test_our_settings_of_istio_take_the_place_of_the_charts_under_argo(env: str) -> None:
    beside = _beside_charts(env)
    assert len(beside) == (env == ARGO)
    for folder in beside:
        files = {r.file for r in objects(env) if r.file.startswith(f"{folder}/")}
        assert files == {f"{folder}/istio-default.yaml"}
        (chart,) = (a for a in of(env, "Application") if "sources" in a["spec"])
        # Of two sources with one object, the later one counts.
        assert [s["path"] for s in chart["spec"]["sources"]] == ["charts/sail-operator", folder]


def test_order_is_what_the_operators_need(env: str) -> None:
    order = [
        "sources", "secret-operator", "secrets", "operators", "operands", "pki", "kserve",
        "kserve-presets", "3-gateway", "4-serving", "5-network", "6-observe",
    ]  # fmt: skip
    names = [name for name, _ in _workload_steps(env)]
    assert names == [name for name in order if name in names]


def _depth(name: str, before: dict[str, Any]) -> int:
    depends = before[name]
    return 1 + _depth(depends[0]["name"], before) if depends else 0


def test_sources_are_pinned(env: str) -> None:
    """By commit or version: a branch would change what was proven."""
    for source in of(env, "GitRepository"):
        if source["metadata"]["name"] != "llmd-istio-tpu":  # the user's own
            assert re.fullmatch(r"[0-9a-f]{40}", source["spec"]["ref"]["commit"])
    for source in of(env, "OCIRepository"):
        assert re.fullmatch(r"v?[0-9]+\.[0-9]+\.[0-9]+", source["spec"]["ref"]["tag"])
    for application in of(env, "Application"):
        spec = application["spec"]
        for source in spec.get("sources") or [spec["source"]]:
            revision = source["targetRevision"]
            own = source["repoURL"] == "https://github.com/acme/llm-platform"
            assert own or re.fullmatch(r"[0-9a-f]{40}|v?[0-9]+\.[0-9]+\.[0-9]+", revision)


def test_nothing_of_flux_substitutes_variables(env: str) -> None:
    """It would blank the shell variables in KServe's presets."""
    assert not [r for r in objects(env) if list(keyed(r.data, "postBuild"))]


def test_namespaces_outlive_their_files(env: str) -> None:
    for space in of(env, "Namespace"):
        annotations = space["metadata"]["annotations"]
        keep = {
            "kustomize.toolkit.fluxcd.io/prune": "disabled",
            "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
        }
        assert keep.items() & annotations.items(), space["metadata"]["name"]


def test_bundles_with_crds_are_not_pruned(env: str) -> None:
    """With a CRD all its objects go: models, certificates, gateways."""
    if env == FLUX:
        inner = [k for k in of(env, "Kustomization") if k["metadata"]["name"].startswith("kserve-")]
        assert len(inner) == 2
        assert not any(k["spec"]["prune"] for k in inner)
        return
    first = [
        (a, a["spec"].get("source") or a["spec"]["sources"][0]) for a in of(env, "Application")
    ]
    charts = [application for application, source in first if "helm" in source]
    bundles = [*charts, *of(env, "Application", "kserve-controller")]
    assert len(bundles) == 6
    assert not any(a["spec"]["syncPolicy"]["automated"]["prune"] for a in bundles)


def test_the_cluster_outlives_its_file(env: str) -> None:
    (cluster,) = of(env, "ContainerCluster")
    annotations = cluster["metadata"]["annotations"]
    assert annotations["cnrm.cloud.google.com/deletion-policy"] == "abandon"
    assert {"kustomize.toolkit.fluxcd.io/prune", "argocd.argoproj.io/sync-options"} & {*annotations}


def test_kinds_without_a_ready_condition_are_waited_for(env: str) -> None:
    """Flux calls them healthy as soon as they are there."""
    if env == ARGO:
        return
    waited = {
        check["kind"]: check["current"]
        for step in _kustomizations()
        for check in step["spec"].get("healthCheckExprs", [])
    }
    assert "'Programmed'" in waited["Gateway"]
    assert "'Synced'" in waited["Bundle"]
    named = {
        (check["kind"], check["name"])
        for step in _kustomizations()
        for check in step["spec"].get("healthChecks", [])
    }
    assert ("Bundle", "odh-ca-bundle") in named
    assert ("Deployment", "lws-controller-manager") in named
