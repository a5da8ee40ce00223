"""A node pool with `slicing: dynamic`: its node pools, the queues of Kueue, and its servers."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.compiler import Compiled
from stackgen.manifest.document import show_path
from stackgen.plan.cost import PoolCost
from stackgen.plan.estimate import estimate
from stackgen.report.plan_facts import Planned, model_reasons, pool_reasons
from stackgen.report.plan_scaling import rows
from tests.rollout.bundles import of_compiled
from tests.stacks import of_one_model

BLOCK = "projects/other-project/reservations/tpu/reservationBlocks/b1"
POOL = {
    "accelerator": "tpu7x", "topology": "2x2x2", "slicing": "dynamic", "reservation": BLOCK,
    "nodes": {"min": 32, "max": 32},
}  # fmt: skip
RAPID = {"releaseChannel": "RAPID", "location": "us-central1-c"}
STATE = "cloud.google.com/gke-tpu-partition-{}-state"


def compiled(release: str, pool: dict[str, Any] = POOL, **more: Any) -> Compiled:
    return of_one_model(release, {"exposure": "internal"}, pool, cluster=RAPID, **more)


@pytest.fixture(scope="module", params=["llm-d-0.9", "kserve-0.21"])
def groups(request: pytest.FixtureRequest) -> Compiled:
    return compiled(request.param, prove=True, replicas=3)


def every(found: Compiled, kind: str) -> dict[str, Any]:
    assert found.bundle is not None, [f.message for f in found.findings]
    return {r.name: r.data for r in found.bundle.objects if r.kind == kind}


def test_each_partition_is_a_node_pool_without_links(groups: Compiled) -> None:
    pools = every(groups, "ContainerNodePool")
    assert [name for name in pools if name.startswith("tpu")] == ["tpu-0", "tpu-1"]
    spec = pools["tpu-1"]["spec"]
    assert spec["autoscaling"] | {"locationPolicy": ""} == {
        "minNodeCount": 16, "maxNodeCount": 16, "locationPolicy": "",
    }  # fmt: skip
    assert spec["placementPolicy"] == {
        "type": "", "policyNameRef": {"external": "tpu7x-4x4x4-provision-only"},
    }  # fmt: skip
    assert spec["nodeConfig"]["labels"] == {"stackgen.dev/node-pool": "tpu"}
    assert spec["nodeConfig"]["reservationAffinity"]["values"] == [BLOCK]


def test_a_queue_covers_what_the_pods_request_and_waits_for_the_slice(groups: Compiled) -> None:
    (queue,) = every(groups, "ClusterQueue").values()
    (group,) = queue["spec"]["resourceGroups"]
    assert set(group["coveredResources"]) == {
        "google.com/tpu", "cpu", "memory", "ephemeral-storage",
    }  # fmt: skip
    assert group["flavors"][0]["resources"][0] == {"name": "google.com/tpu", "nominalQuota": "128"}
    (check,) = queue["spec"]["admissionChecksStrategy"]["admissionChecks"]
    named = every(groups, "AdmissionCheck")[check["name"]]
    assert named["spec"] == {"controllerName": "accelerator.gke.io/slice"}
    (flavor,) = every(groups, "ResourceFlavor").values()
    levels = every(groups, "Topology")[flavor["spec"]["topologyName"]]["spec"]["levels"]
    assert {"nodeLabel": "cloud.google.com/gke-tpu-partition-2x2x2-id"} in levels
    assert every(groups, "LocalQueue")["tpu"]["spec"] == {"clusterQueue": "tpu"}


def test_servers_ask_for_a_slice_and_the_build_has_no_finding_about_it(groups: Compiled) -> None:
    kind = "LeaderWorkerSet" if every(groups, "LeaderWorkerSet") else "LLMInferenceService"
    (server,) = every(groups, kind).values()
    assert server["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "tpu"
    assert "annotations" not in server["metadata"]  # groups share partitions
    if kind == "LeaderWorkerSet":
        template = server["spec"]["leaderWorkerTemplate"]["leaderTemplate"]
        pod, said = template["spec"], template["metadata"]["annotations"]
    else:
        pod, said = server["spec"]["template"], server["spec"]["annotations"]
    assert said["cloud.google.com/gke-tpu-slice-topology"] == "2x2x2"
    assert pod["nodeSelector"] == {
        "cloud.google.com/gke-tpu-accelerator": "tpu7x", STATE.format("2x2x2"): "HEALTHY",
        "stackgen.dev/node-pool": "tpu",
    }  # fmt: skip
    found = {f.rule.id for f in groups.findings}
    assert found <= {"supply-image-digest", "supply-model-revision-pinned"}
    assert groups.plan is not None
    reasons = " ".join(model_reasons(groups.plan.models[0], groups.plan.catalog.copy()))
    assert "of 32 nodes in 2 partitions of 16" in reasons


def test_the_plan_counts_the_slices_that_the_partitions_hold(groups: Compiled) -> None:
    assert groups.plan is not None
    (pool,) = [one for one in groups.plan.pools if one.spec.name.value == "tpu"]
    free = PoolCost(pool, "", None, None, None, None, None)
    assert pool_reasons(pool, free)[0] == (
        "32 nodes in 2 partitions of 16, which do not scale; room for 16 slices of 2 hosts, formed "
        "when servers start; GKE node pools: tpu-0, tpu-1"
    )


def test_nodes_that_do_not_scale_cost_the_same_with_any_number_of_servers() -> None:
    found = compiled("llm-d-0.9", autoscaling={"min": 1, "max": 4, "target": 8})
    assert found.plan is not None
    ((_, replicas, *_, cost),) = rows(Planned(found.plan, estimate(found.plan, found.catalog)))
    assert replicas == "1-4"
    nodes = 32 * 24 * 4 * 12.0  # USD an hour of a chip
    assert cost == f"{nodes:,.2f} fixed"


@pytest.mark.parametrize(("release", "smaller"), [("llm-d-0.9", ["2x2x1"]), ("kserve-0.21", [])])
def test_a_smaller_slice_is_one_that_the_platform_forms(release: str, smaller: list[str]) -> None:
    found = compiled(release, {**POOL, "topology": "2x2x4"}, prove=True)
    said = [f.message for f in found.findings if f.rule.id == "model-oversized-slice"]
    assert [one.split()[1] for one in said] == smaller


def test_the_rollout_names_the_controllers_that_the_stack_does_not_install(
    groups: Compiled,
) -> None:
    unknown = {text for moment in of_compiled(groups).moments for text in moment.unknown}
    assert {one for one in unknown if "controller " in one} == {
        "controller kueue", "controller accelerator.gke.io/slice",
    }  # fmt: skip


def test_a_slice_of_one_host_is_a_group_of_one_also_for_prefill() -> None:
    pool = {**POOL, "topology": "2x2x1"}
    stack = compiled("llm-d-0.9", pool, prefill={"replicas": 1}, strategy="Recreate")
    found = every(stack, "LeaderWorkerSet")
    assert set(found) == {"qwen", "qwen-prefill"}
    for one in found.values():
        rollout = one["spec"]["rolloutStrategy"]
        assert rollout["rollingUpdateConfiguration"] == {"maxSurge": 0, "maxUnavailable": "100%"}
        template = one["spec"]["leaderWorkerTemplate"]
        assert template["size"] == 1 and "leaderTemplate" not in template
        labels = template["workerTemplate"]["metadata"]["labels"]
        assert labels["llm-d.ai/role"] in ("decode", "prefill")


@pytest.mark.parametrize(
    ("release", "changed", "place", "message"),
    [
        ("llm-d-0.9", {"accelerator": "v6e", "topology": "4x4"}, "accelerator", "only tpu7x has"),
        ("llm-d-0.9", {"topology": "1x1x1"}, "topology", "topology 1x1x1"),
        ("llm-d-0.9", {"reservation": "r"}, "reservation", "no block of a reservation"),
        ("llm-d-0.9", {"reservation": None}, "slicing", "no reservation"),
        ("llm-d-0.9", {"nodes": {"min": 0, "max": 20}}, "nodes", "nodes.min 0 and nodes.max 20"),
        ("llm-d-0.9", {"reservation": f"{BLOCK}/reservationSubBlocks/s"}, "nodes", "nodes.min 32"),
        ("llm-d-0.9", {"fallback": [{"purchase": "spot"}]}, "fallback", "fallback"),
        ("kserve-0.21", {"topology": "2x2x1"}, "topology", "topology 2x2x1 of one host"),
    ],
)  # fmt: skip
def test_what_no_slice_can_form_of_is_named_at_its_key(
    release: str, changed: dict[str, Any], place: str, message: str
) -> None:
    pool = {key: value for key, value in {**POOL, **changed}.items() if value is not None}
    found = compiled(release, pool)
    (finding,) = [f for f in found.findings if f.rule.id == "spec-slicing"]
    assert message in finding.message and finding.remedy
    assert show_path(finding.places[0].path) == f"spec.cluster.nodePools[1].{place}"
    assert found.plan is None


def test_more_hosts_than_the_partitions_have_is_an_error() -> None:
    found = compiled("llm-d-0.9", prove=True, replicas=17)
    (finding,) = [f for f in found.findings if f.rule.id == "dynamic-slice"]
    assert "need 34 hosts; " in finding.message
    assert finding.message.endswith("have 32: tpu-0, tpu-1")
