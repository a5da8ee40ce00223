"""What must hold of how the reference stack is delivered, each with the fact it stands for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.layers.reference import ARGO, FLUX, keyed, objects, of

pytestmark = pytest.mark.parametrize("env", (FLUX, ARGO))


def _workload_steps(env: str) -> list[Any]:
    return [
        r.data for r in objects(env) if "/delivery/workload-cluster/" in r.file
        and r.data["kind"] in {"Kustomization", "Application"}
    ]  # fmt: skip


def test_steps_follow_one_another_without_gaps(env: str) -> None:
    steps = _workload_steps(env)
    assert len(steps) > 8
    if env == ARGO:
        key = "argocd.argoproj.io/sync-wave"
        waves = [int(s["metadata"]["annotations"][key]) for s in steps]
        assert sorted(waves) == list(range(len(steps)))
        return
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
    paths = [s["spec"].get("path") or s["spec"]["source"]["path"] for s in _workload_steps(env)]
    paths = [p.removeprefix("./") for p in paths]
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
    steps = _workload_steps(env)
    if env == ARGO:
        key = "argocd.argoproj.io/sync-wave"
        steps.sort(key=lambda s: int(s["metadata"]["annotations"][key]))
    else:
        before = {s["metadata"]["name"]: s["spec"].get("dependsOn") for s in steps}
        steps.sort(key=lambda s: _depth(s["metadata"]["name"], before))
    names = [s["metadata"]["name"].removeprefix("llmd-istio-tpu-") for s in steps]
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
            "argocd.argoproj.io/sync-options": "Prune=false",
        }
        assert keep.items() & annotations.items(), space["metadata"]["name"]
