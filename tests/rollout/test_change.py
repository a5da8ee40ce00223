"""From one render to another: what is pruned, what moves, and what is away meanwhile."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.rollout.model import Key
from stackgen.rollout.rollout import known_of, rollouts
from stackgen.rollout.words import said
from stackgen.schema.store import SchemaCatalog
from stackgen.spec.load import load
from tests.rollout.bundles import bundle_of, of_compiled, rolled, step
from tests.stacks import ROOT, build_data

X = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: default}}"
KEPT = X.replace("name: x", "name: x, annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}")
Y = X.replace("name: x", "name: y")
KEY = Key("", "ConfigMap", "default", "x")


@pytest.mark.parametrize(("old", "pruned"), [(X, (KEY,)), (KEPT, ())])
def test_what_a_step_no_longer_applies_is_pruned_unless_it_says_no(
    old: str, pruned: tuple[Key, ...]
) -> None:
    steps = {"d/a.yaml": step("a", "./out/a"), "out/a/y.yaml": Y}
    found = rolled(steps, {**steps, "out/a/x.yaml": old})
    assert found.moments[0].pruned == pruned


def test_a_step_that_does_not_prune_leaves_objects() -> None:
    steps = {"d/a.yaml": step("a", "./out/a", prune=False), "out/a/y.yaml": Y}
    assert rolled(steps, {**steps, "out/a/x.yaml": X}).moments[0].pruned == ()


def test_an_object_that_moves_to_a_later_step_is_away_meanwhile() -> None:
    steps = {
        "d/a.yaml": step("a", "./out/a"), "d/b.yaml": step("b", "./out/b", "a"),
        "out/a/y.yaml": Y, "out/b/z.yaml": X.replace("name: x", "name: z"),
    }  # fmt: skip
    later = rolled({**steps, "out/b/x.yaml": X}, {**steps, "out/a/x.yaml": X})
    assert [(one.what, one.since, one.until) for one in later.away] == [
        ("ConfigMap default/x", "a", "b")
    ]
    earlier = rolled({**steps, "out/a/x.yaml": X}, {**steps, "out/b/x.yaml": X})
    assert earlier.away == ()
    assert [one.pruned for one in earlier.moments] == [(), ()]


def test_the_objects_of_a_folder_without_delivery_stay() -> None:
    steps = {"delivery/workloads/a.yaml": step("a", "./out/a"), "out/a/y.yaml": Y}
    gone = {"delivery/management/c.yaml": step("c", "./out/c"), "out/c/x.yaml": X}
    assert rolled(steps, {**steps, **gone}).moments[0].pruned == ()
    same = {"delivery/workloads/c.yaml": step("c", "./out/c"), "out/c/x.yaml": X}
    found = rolled(steps, {**steps, **same})
    assert [one.pruned for one in found.moments] == [()]
    assert found.vanished == (("c", (KEY,)),)


JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: j, namespace: default, annotations: {ANNOTATIONS}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "IMAGE"}]}}}
"""


@pytest.mark.parametrize("forced", [False, True])
def test_a_field_that_may_not_change_blocks_the_step_unless_the_object_is_replaced(
    forced: bool,
) -> None:
    force = "kustomize.toolkit.fluxcd.io/force: enabled" if forced else "a: b"
    job = JOB.replace("ANNOTATIONS", force)
    files = {"d/a.yaml": step("a", "./out/a"), "out/a/j.yaml": job.replace("IMAGE", "x:2")}
    old = bundle_of({**files, "out/a/j.yaml": job.replace("IMAGE", "x:1")})
    known = known_of(bundle_of(files), None, Catalog())
    (simulated,) = rollouts(known, old.resources, SchemaCatalog((), ()))
    found = simulated.rollout
    assert [one.what for one in found.away] == (["Job default/j"] if forced else [])
    assert ["another name, or to be deleted first: " in said(one) for one in found.blocked] == (
        [] if forced else [True]
    )


QUOTA = """\
apiVersion: v1
kind: ResourceQuota
metadata: {name: q, namespace: default}
spec: {hard: {requests.nvidia.com/gpu: COUNT}}
"""
SERVER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: s, namespace: default}
spec:
  replicas: COUNT
  template: {spec: {containers: [{name: c, resources: {limits: {nvidia.com/gpu: 1}}}]}}
"""


@pytest.mark.parametrize("order", ["quota first", "quota later", "quota too small"])
def test_more_pods_wait_for_a_quota_that_is_raised_later(order: str) -> None:
    names = ("a", "b") if order != "quota later" else ("b", "a")
    steps = {"d/a.yaml": step("a", "./out/a"), "d/b.yaml": step("b", "./out/b", "a")}
    quota, server = f"out/{names[0]}/q.yaml", f"out/{names[1]}/s.yaml"
    few, many = (
        {**steps, quota: QUOTA.replace("COUNT", q), server: SERVER.replace("COUNT", n)}
        for q, n in (("1", "1"), ("1" if order == "quota too small" else "2", "2"))
    )
    assert rolled(few).blocked == ()
    found = [said(one) for one in rolled(many, few).blocked]
    asks = "Deployment default/s never becomes ready: it requests more of nvidia.com/gpu than "
    assert (
        found
        == {
            "quota first": [],
            "quota later": [
                f"{asks}ResourceQuota q allows until the step b changes it, which waits for a"
            ],
            "quota too small": [f"{asks}ResourceQuota q allows"],
        }[order]
    )


def reference() -> dict[str, Any]:
    return copy.deepcopy(load(str(ROOT), "stack.yaml", "overlays/prod/stack.yaml").data)


def test_a_connection_that_is_closed_between_two_steps_is_away() -> None:
    """The policies of one step are replaced by those of another."""
    compiled = build_data("prod")
    assert compiled.bundle is not None
    policy = next(r for r in compiled.bundle.objects if r.name == "allow-gateway-to-vllm")
    other = copy.deepcopy(policy.data)
    other["metadata"]["name"] = "replacement"
    moved = dataclasses.replace(
        policy, data=other, file=policy.file.replace("5-network", "6-observe")
    )
    index = next(
        r for r in compiled.bundle.resources if r.file.endswith("6-observe/kustomization.yaml")
    )
    more = dataclasses.replace(
        index,
        data={**index.data, "resources": [*index.data["resources"], moved.file.rpartition("/")[2]]},
    )
    resources = tuple(
        more if r is index else r for r in compiled.bundle.resources if r is not policy
    )
    changed = dataclasses.replace(
        compiled, bundle=dataclasses.replace(compiled.bundle, resources=(*resources, moved))
    )
    found = of_compiled(changed, compiled.bundle.resources)
    assert found.away
    assert all("qwen2-3b-pattern1-kserve" in one.what for one in found.away)
    assert {(one.since, one.until) for one in found.away} == {
        ("llmd-istio-tpu-5-network", "llmd-istio-tpu-6-observe")
    }


def test_a_changed_field_of_the_spec_reaches_its_end() -> None:
    old, new = reference(), reference()
    new["spec"]["serving"]["models"][0]["maxModelLen"] = 2048
    before = build_data("prod", old)
    assert before.bundle is not None
    found = of_compiled(build_data("prod", new), before.bundle.resources)
    assert found.blocked == ()
    changed = {
        key.kind for one in found.moments for key, change in one.changes if change != "unchanged"
    }
    assert "LLMInferenceService" in changed


@pytest.mark.parametrize("last", [False, True])
def test_a_model_that_takes_the_place_of_another_needs_its_room_in_the_quota(last: bool) -> None:
    """Argo CD must delete the old model before it waits for the new one."""
    old, new = reference(), reference()
    new["spec"]["serving"]["models"][0]["name"] = "other"
    for data in (old, new):
        data["spec"]["delivery"]["engine"] = "argocd"
    before, after = build_data("prod", old), build_data("prod", new)
    assert before.bundle is not None and after.bundle is not None
    if last:
        (made,) = after.bundle.of_kind("ApplicationSet")
        for element in made.data["spec"]["generators"][0]["list"]["elements"]:
            element["pruneLast"] = True
    found = of_compiled(after, before.bundle.resources)
    quotas = [said(one) for one in found.blocked if one.cause.need.kind == "quota"]
    too_many = (
        "LLMInferenceService llm-d-inference-scheduling/other never becomes ready: it requests "
        "more of google.com/tpu than ResourceQuota accelerators allows"
    )
    assert quotas == ([too_many] if last else [])
