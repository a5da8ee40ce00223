"""`topology: auto` picks the fewest chips on one host that fit every model of the pool."""

from __future__ import annotations

import pytest

from stackgen.manifest.document import show_path
from stackgen.plan.model import PoolPlan
from tests.plan.planning import plan, served


def pool(overlay: str) -> PoolPlan:
    return plan(overlay).pools[1]


@pytest.mark.parametrize(
    ("fields", "generation", "topology"),
    [
        ('model: "hf://Qwen/Qwen2.5-3B-Instruct"', "v6e", "1x1"),
        ('model: "hf://Qwen/Qwen2.5-14B-Instruct"', "v6e", "2x2"),
        ('model: "hf://Qwen/Qwen3-32B"', "v6e", "2x2"),
        ('model: "hf://meta-llama/Llama-3.3-70B-Instruct"', "v6e", "2x4"),
        # A whole context fits one chip of v6e only when it is shorter.
        ('model: "hf://meta-llama/Llama-3.1-8B-Instruct"', "v6e", "2x2"),
        ('model: "hf://meta-llama/Llama-3.1-8B-Instruct", maxModelLen: 65536', "v6e", "1x1"),
        ('model: "hf://Qwen/Qwen2.5-3B-Instruct", concurrency: 256', "v6e", "2x4"),
        ('model: "hf://Qwen/Qwen2.5-3B-Instruct", resources: {memory: 300Gi}', "v6e", "2x2"),
        ('model: "hf://Qwen/Qwen2.5-3B-Instruct"', "v5e", "1x1"),
        ('model: "hf://Qwen/Qwen2.5-14B-Instruct"', "v5e", "2x2"),
        ('model: "hf://Qwen/Qwen2.5-3B-Instruct"', "tpu7x", "1x1x1"),
    ],
)
def test_the_cheapest_that_fits(fields: str, generation: str, topology: str) -> None:
    found = pool(served(fields, f"accelerator: {generation}, topology: auto"))
    assert found.slice is not None
    if "concurrency" in fields:
        assert found.unfit  # 2 KV heads: more chips hold copies, no more tokens
    else:
        assert not found.unfit
        assert "chat" in found.slice.topology.origin.why
    assert found.slice.topology.value == topology
    assert found.slice.hosts.value == 1


def test_every_model_of_the_pool_counts() -> None:
    overlay = (
        "spec: {cluster: {nodePools: [{name: tpu, topology: auto}]}, serving: {models: "
        '[{name: chat}, {name: large, model: "hf://Qwen/Qwen3-32B", nodePool: tpu}]}}\n'
    )
    found = pool(overlay)
    assert found.slice is not None and found.slice.topology.value == "2x2"
    assert "chat, large" in found.slice.topology.origin.why


def test_a_machine_type_bounds_the_choice() -> None:
    found = pool(served("replicas: 1", "topology: auto, machineType: ct6e-standard-4t"))
    assert found.slice is not None and found.slice.topology.value == "2x2"


def test_a_pool_without_models_takes_the_smallest() -> None:
    overlay = (
        "spec: {cluster: {nodePools: [{name: idle, accelerator: v6e, topology: auto, "
        "nodes: {min: 0, max: 1}}]}}\n"
    )
    found = plan(overlay).pools[2]
    assert found.slice is not None and found.slice.topology.value == "1x1"


def test_the_choice_depends_on_what_the_models_ask_for() -> None:
    found = pool(served("replicas: 1", "topology: auto"))
    assert found.slice is not None
    paths = found.slice.topology.origin.spec_paths()
    model = ("spec", "serving", "models", 0)
    assert {(*model, "model"), (*model, "maxModelLen"), (*model, "concurrency")} <= paths
    assert ("spec", "cluster", "nodePools", 1, "topology") in paths


def test_nothing_that_fits_is_said_with_the_largest() -> None:
    found = pool(
        served('model: "hf://Qwen/Qwen2.5-72B-Instruct"', "accelerator: v5e, topology: auto")
    )
    assert found.slice is not None and found.slice.topology.value == "2x4"
    assert found.unfit == ("chat: 143.4 GiB do not fit the 113.4 GiB of v5e 2x4",)


@pytest.mark.parametrize(
    ("fields", "topology", "why"),
    [
        # Two replicas of one chip cost less than one replica of four.
        ("traffic: {requestsPerSecond: 30}", "1x1", "with replicas chat: 2"),
        # A lower latency takes more chips for each request.
        ("traffic: {requestsPerSecond: 4}, slo: {tpot: {p95: 9ms}}", "2x2", "replicas chat: 1"),
        ("traffic: {requestsPerSecond: 4}, slo: {tpot: {p95: 1ms}}", "2x4", "no topology holds"),
        # The spec has one replica, which must be enough.
        ("replicas: 1, traffic: {requestsPerSecond: 30}", "2x2", "with replicas chat: 1"),
    ],
)
def test_traffic_chooses_the_fewest_chips_that_hold_the_slo(
    fields: str, topology: str, why: str
) -> None:
    lengths = "inputTokens: 1000, outputTokens: 300}"
    overlay = served(fields.replace("}", f", {lengths}", 1), "topology: auto")
    chosen = pool(overlay).slice
    assert chosen is not None
    assert why in chosen.topology.origin.why
    assert chosen.topology.value == topology
    on = {show_path(path) for path in chosen.topology.origin.spec_paths()}
    assert {
        "spec.serving.models[0].traffic.requestsPerSecond",
        "spec.serving.models[0].slo.tpot.p95",
        "spec.serving.models[0].replicas",
    } <= on
