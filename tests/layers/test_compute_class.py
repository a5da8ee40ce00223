"""A node pool with `fallback`: its ComputeClass, its Pods, and what the plan says of it."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.bootstrap.quotas import capacities
from stackgen.compiler import Compiled
from stackgen.plan.estimate import estimate
from stackgen.provenance.impact import impact
from stackgen.report import plan_fallback
from stackgen.report.plan_facts import Planned
from tests.stacks import of_one_model

GATEWAY = {"exposure": "internal"}
SMALL = "hf://Qwen/Qwen2.5-3B-Instruct"
# What every stack of these tests has, with a fallback or without.
EXPECTED = {"supply-image-digest", "supply-model-revision-pinned"}
BLOCK = "projects/other-project/reservations/tpu/reservationBlocks/b1/reservationSubBlocks/s1"


@pytest.fixture(scope="module")
def one() -> Compiled:
    entries = [
        {"reservation": BLOCK},
        {"purchase": "flex-start", "maxRunDurationSeconds": 86400},
        {"accelerator": "v5p", "topology": "2x2x1", "zones": ["us-central1-a"]},
        {"purchase": "spot"},
    ]
    pool = {
        "accelerator": "v6e", "topology": "2x2", "nodes": {"min": 1, "max": 2},
        "reservation": "tpu-2027", "reservedUntil": "2027-03-31", "fallback": entries,
        "explicitScheduling": True,
    }  # fmt: skip
    return of_one_model("llm-d-0.9", GATEWAY, pool, True, model=SMALL, replicas=3)


@pytest.fixture(scope="module")
def groups() -> Compiled:
    pool = {
        "accelerator": "v6e", "topology": "4x4", "nodes": {"min": 0, "max": 8},
        "fallback": [{"purchase": "spot"}, {"zones": ["us-central1-a"]}], "activeMigration": True,
    }  # fmt: skip
    return of_one_model("kserve-0.21", GATEWAY, pool, True)


def the(compiled: Compiled, kind: str, name: str) -> Any:
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    (found,) = [r for r in compiled.bundle.objects if (r.kind, r.name) == (kind, name)]
    return found.data["spec"]


def test_the_pool_comes_first_and_each_entry_says_where_and_how(one: Compiled) -> None:
    spec = the(one, "ComputeClass", "tpu")
    first, reserved, flex, other, spot = spec["priorities"]
    assert first == {"nodepools": ["tpu"]}
    assert reserved["reservations"] == {
        "affinity": "Specific",
        "specific": [{
            "name": "tpu", "project": "other-project", "zones": ["us-central1-b"],
            "reservationBlock": {"name": "b1", "reservationSubBlock": {"name": "s1"}},
        }],
    }  # fmt: skip
    assert "location" not in reserved  # GKE rejects zones beside a reservation
    assert flex["flexStart"]["enabled"] is True and flex["maxRunDurationSeconds"] == 86400
    assert flex["capacityCheckWaitTimeSeconds"] == 3600
    assert other["tpu"] == {"type": "tpu-v5p-slice", "count": 4, "topology": "2x2x1"}
    assert other["location"] == {"zones": ["us-central1-a"]}
    assert spot["spot"] is True and "capacityCheckWaitTimeSeconds" not in spot
    assert spec["whenUnsatisfiable"] == "DoNotScaleUp"
    assert spec["nodePoolAutoCreation"] == {"enabled": True}
    assert spec["activeMigration"] == {"optimizeRulePriority": False}


def test_the_next_flex_start_node_is_there_before_the_server_ends(one: Compiled) -> None:
    flex = the(one, "ComputeClass", "tpu")["priorities"][2]["flexStart"]
    assert one.plan is not None
    start = one.plan.models[0].startup.budget
    assert flex["nodeRecycling"]["leadTimeSeconds"] == start + 300  # and the time of a node


def test_pods_select_the_class_and_the_pool_belongs_to_it(one: Compiled) -> None:
    pod = the(one, "Deployment", "qwen")["template"]["spec"]
    # The generations differ, so that no Pod may select one.
    assert pod["nodeSelector"] == {"cloud.google.com/compute-class": "tpu"}
    keys = [toleration["key"] for toleration in pod["tolerations"]]
    assert keys == ["google.com/tpu", "cloud.google.com/compute-class"]
    nodes = the(one, "ContainerNodePool", "tpu")["nodeConfig"]
    assert nodes["labels"]["cloud.google.com/compute-class"] == "tpu"
    assert [taint["key"] for taint in nodes["taint"]] == keys


def test_the_same_nodes_elsewhere_keep_their_labels(groups: Compiled) -> None:
    service = the(groups, "LLMInferenceService", "qwen")
    assert service["worker"]["nodeSelector"] == {
        "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
        "cloud.google.com/gke-tpu-topology": "4x4",
        "cloud.google.com/compute-class": "tpu",
    }
    spec = the(groups, "ComputeClass", "tpu")
    pools, spot, last = spec["priorities"]
    assert pools == {"nodepools": ["tpu-0", "tpu-1"]}
    # GKE would look for the hosts of a slice for hours; the last entry has none after it.
    assert spot["capacityCheckWaitTimeSeconds"] == 3600
    assert "capacityCheckWaitTimeSeconds" not in last
    assert spec["activeMigration"] == {"optimizeRulePriority": True}
    labels = the(groups, "ContainerNodePool", "tpu-0")["nodeConfig"]["labels"]
    assert labels["stackgen.dev/node-pool"] == labels["cloud.google.com/compute-class"] == "tpu"


@pytest.mark.parametrize("name", ["one", "groups"])
def test_the_stack_has_no_finding_of_its_own(name: str, request: pytest.FixtureRequest) -> None:
    compiled: Compiled = request.getfixturevalue(name)
    found = {f.rule.id: f.message for f in compiled.findings if str(f.level) != "info"}
    assert found.keys() <= EXPECTED | {"tpu-multihost-maturity"}, found


def test_cost_is_from_the_pool_to_the_dearest_entry(one: Compiled) -> None:
    assert one.plan is not None
    found = estimate(one.plan, one.catalog)
    (entries,) = [e for e in found.costs.fallback if e]
    nodes = [entry.node.value if entry.node else None for entry in entries]
    own = found.costs.pools[1].node
    assert own is not None and None not in nodes
    dearest = max(n for n in nodes if n is not None)
    (extra,) = [e for e in found.costs.extras if e.name == "fallback of tpu"]
    assert extra.low is not None and extra.low.value == 0
    # Three servers: two on the pool and one beyond it, or one on it and two beyond.
    ends = (2 * own.value + dearest, own.value + 2 * dearest)
    assert extra.high is not None
    assert extra.high.value == pytest.approx(max(ends) - 2 * own.value)


def test_quotas_hold_all_servers_on_each_entry(one: Compiled) -> None:
    assert one.plan is not None
    counted = [
        (capacity.spec.purchase.value, most)
        for capacity, most in capacities(one.plan, one.plan.pools[1], one.catalog)
    ]
    assert counted == [
        ("on-demand", 2), ("on-demand", 3), ("flex-start", 3), ("on-demand", 3), ("spot", 3),
    ]  # fmt: skip


def test_the_plan_shows_each_capacity(one: Compiled) -> None:
    assert one.plan is not None
    planned = Planned(one.plan, estimate(one.plan, one.catalog))
    rows = plan_fallback.rows(planned)
    assert [row[:4] for row in rows] == [
        ("tpu", "reservation tpu-2027", "v6e 2x2", "us-central1-b"),
        ("tpu 1", "reservation tpu/reservationBlocks/b1/reservationSubBlocks/s1", "v6e 2x2",
         "us-central1-b"),
        ("tpu 2", "flex-start", "v6e 2x2", "us-central1-b"),
        ("tpu 3", "on-demand", "v5p 2x2x1", "us-central1-a"),
        ("tpu 4", "spot", "v6e 2x2", "us-central1-b"),
    ]  # fmt: skip
    said = list(plan_fallback.notes(planned))
    assert any("end of 2027-03-31" in note for note in said)
    assert any("end after 24 h" in note for note in said)


def test_the_slowest_capacity_decides_on_the_probe_and_the_shortest_on_the_length() -> None:
    pool = {"accelerator": "a100-40", "gpus": 1, "nodes": {"min": 0, "max": 1}}
    served = {"model": "hf://meta-llama/Llama-3.1-8B-Instruct"}
    alone = of_one_model("llm-d-0.9", GATEWAY, pool, **served)
    both = of_one_model(
        "llm-d-0.9", GATEWAY, {**pool, "fallback": [{"accelerator": "l4"}]}, **served
    )
    assert alone.plan is not None and both.plan is not None
    (model,), (before,) = both.plan.models, alone.plan.models
    (other,) = model.alternatives
    assert model.startup.budget == max(before.startup.budget, other.startup.budget)
    lengths = [one.server.max_model_len for one in (before, other, model)]
    mine, its, chosen = (one.value if one is not None else 0 for one in lengths)
    assert chosen == min(mine, its) < max(mine, its)
    assert f"--max-model-len={chosen}" in [flag.value for flag in model.flags]


def test_what_a_field_of_an_entry_changes(one: Compiled) -> None:
    assert one.bundle is not None
    path = ("spec", "cluster", "nodePools", 1, "fallback", 2, "topology")
    kinds = {hit.file.rpartition("/")[2] for hit in impact(one.bundle, [path])}
    assert "computeclass-tpu.yaml" in kinds and "containernodepool-tpu.yaml" not in kinds


def test_gpus_fall_back_too() -> None:
    pool = {
        "accelerator": "l4", "gpus": 1, "nodes": {"min": 0, "max": 1}, "zone": "us-central1-b",
        "fallback": [{"purchase": "spot", "zones": ["us-central1-b", "us-central1-c"]}],
    }  # fmt: skip
    compiled = of_one_model("llm-d-0.9", GATEWAY, pool, model=SMALL)
    spot = the(compiled, "ComputeClass", "tpu")["priorities"][1]
    assert spot["gpu"] == {"type": "nvidia-l4", "count": 1, "driverVersion": "default"}
    assert spot["machineType"].startswith("g2-")
    nodes = the(compiled, "ContainerNodePool", "tpu")["nodeConfig"]
    assert nodes["labels"] == {"cloud.google.com/compute-class": "tpu"}
    assert [taint["key"] for taint in nodes["taint"]] == ["cloud.google.com/compute-class"]
