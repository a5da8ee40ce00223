"""`stackgen bootstrap --teardown`: nothing is removed before what needs it."""

from __future__ import annotations

import copy

import pytest

from stackgen.bootstrap.teardown import hand_over, teardown
from stackgen.compiler import compile_environment
from stackgen.spec.load import load
from tests.program import stackgen
from tests.stacks import ROOT, build_data


def _printed(env: str) -> str:
    compiled = compile_environment(str(ROOT), env, prove=False)
    assert compiled.plan is not None and compiled.bundle is not None
    return teardown(compiled.plan, compiled.bundle.objects)


def test_flux_stops_and_then_deletes_each_step_before_those_that_it_needs() -> None:
    text = _printed("prod")
    bundle = compile_environment(str(ROOT), "prod", prove=False).bundle
    assert bundle is not None
    at = {
        r.name: text.index(f"flux-system {r.name}\n") for r in bundle.objects
        if r.kind == "Kustomization" and "/delivery/workload-cluster/" in r.file
    }  # fmt: skip
    assert len(at) > 8
    for r in bundle.objects:
        if r.name in at:
            for needed in r.get("spec", "dependsOn") or []:
                assert at[r.name] < at[needed["name"]]
    suspended = text.index('"suspend":true')
    root = text.index("flux-system llmd-istio-tpu-delivery\n")
    assert suspended < root < min(at.values())


@pytest.mark.parametrize("env", ["prod", "dev"])
def test_the_cluster_goes_last(env: str) -> None:
    text = _printed(env)
    management = text.index("In the management cluster")
    assert text.index("In the workload cluster") < management
    assert management < text.index("gcloud container clusters delete llmd-istio-tpu")


@pytest.mark.parametrize("engine", ["flux", "argocd", "none"])
def test_config_connector_lets_the_machines_go_before_their_objects_are_deleted(
    engine: str,
) -> None:
    """It deletes a pool with its object, and makes a cluster again that others delete."""
    data = copy.deepcopy(load(str(ROOT), "stack.yaml", "overlays/prod/stack.yaml").data)
    data["spec"]["delivery"]["engine"] = engine
    printed = {}
    for managed in (True, False):
        data["spec"]["cluster"]["managed"] = managed
        plan = build_data("prod", data).plan
        assert plan is not None
        text = printed[managed] = hand_over(plan)
        for kind, names in (
            ("containernodepools", "default-pool tpu-v6e-pool"),
            ("containerclusters", "llmd-istio-tpu"),
        ):
            objects = f"{kind}.container.cnrm.cloud.google.com --namespace gcp-infra {names}"
            abandon = (
                f"annotate --overwrite {objects} cnrm.cloud.google.com/deletion-policy=abandon"
            )
            assert text.index(abandon) < text.index(f"kubectl delete {objects}\n")
        stop = text.find("llmd-istio-tpu-cluster-delivery llmd-istio-tpu-1-cluster")
        assert stop < text.index("annotate") and (stop == -1) == (engine == "none")
    assert printed[True] == printed[False]


def test_the_machines_are_let_go_before_the_cluster_is_deleted() -> None:
    text = _printed("prod")
    assert text.index("kubectl delete containerclusters") < text.index("gcloud container clusters")


def test_argo_cd_deletes_its_groups_in_reverse() -> None:
    text = _printed("dev")
    root = text.index("kubectl delete application llmd-istio-tpu-delivery ")
    assert root < text.index("kubectl delete applicationset llmd-istio-tpu ")


def test_the_command_prints_and_writes_nothing() -> None:
    before = sorted(ROOT.iterdir())
    run = stackgen("bootstrap", "--env", "prod", "--teardown", cwd=ROOT)
    assert run.code == 0
    assert run.out == _printed("prod")
    run = stackgen("bootstrap", "--env", "prod", "--hand-over", cwd=ROOT)
    assert run.code == 0 and run.out.startswith("# Handing over the cluster of llmd-istio-tpu")
    assert sorted(ROOT.iterdir()) == before
