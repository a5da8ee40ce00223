"""A model over several hosts: how it is spread, what its hosts give, and the slices of a pool."""

from __future__ import annotations

import pytest

from stackgen.plan.fit import FitInput, fit
from tests.plan.planning import estimated, model, plan, served

LLAMA = 'model: "hf://meta-llama/Llama-3.3-70B-Instruct", maxModelLen: 8192'
SLICES = "topology: 4x4, nodes: {max: 8}"


def _split(fields: str, pool: str = SLICES) -> tuple[int, int, int]:
    spread = model(served(fields, pool)).server.spread
    return spread.tensor.value, spread.pipeline.value, spread.chips.value


@pytest.mark.parametrize(
    ("fields", "pool", "split"),
    [
        (LLAMA, SLICES, (4, 4, 16)),
        (LLAMA, "topology: 2x4, machineType: ct6e-standard-4t, nodes: {max: 2}", (4, 2, 8)),
        (LLAMA, "topology: 2x4", (8, 1, 8)),
        (LLAMA, "accelerator: tpu7x, topology: 2x2x2, nodes: {max: 2}", (8, 2, 8)),
        (f"{LLAMA}, args: [--tensor-parallel-size=16]", SLICES, (16, 1, 16)),
        (f"{LLAMA}, args: [--pipeline-parallel-size=2]", SLICES, (4, 2, 8)),
        (f"{LLAMA}, args: [--tensor-parallel-size=2]", SLICES, (2, 4, 8)),
    ],
)
def test_each_host_is_a_stage_unless_the_spec_says_otherwise(
    fields: str, pool: str, split: tuple[int, int, int]
) -> None:
    assert _split(fields, pool) == split


def test_flags_say_the_split_once() -> None:
    flags = [f.value for f in model(served(LLAMA, SLICES)).flags]
    assert "--tensor-parallel-size=4" in flags and "--pipeline-parallel-size=4" in flags
    typed = model(served(f"{LLAMA}, args: [--pipeline-parallel-size=2]", SLICES)).flags
    said = [f.value for f in typed if f.value.startswith("--pipeline")]
    assert said == ["--pipeline-parallel-size=2"]
    alone = model(served(LLAMA, "topology: 2x4")).flags
    assert not any(f.value.startswith("--pipeline") for f in alone)


def test_the_fit_is_over_all_chips_of_the_slice() -> None:
    hbm = model(served(LLAMA, SLICES)).server.hbm
    assert hbm is not None
    assert hbm.budget.value == 16 * 31.25 * 0.9
    assert hbm.result.replication == 1
    across = model(served(f"{LLAMA}, args: [--tensor-parallel-size=16]", SLICES)).server.hbm
    assert across is not None
    # Eight KV heads over sixteen devices are held twice.
    assert across.result.replication == 2
    assert across.kv_tokens.value == pytest.approx(hbm.kv_tokens.value / 2, abs=1)


def test_stages_that_differ_count_as_full_as_the_fullest() -> None:
    given = FitInput(2**30 * 80, 80, 64, 8, 128, 12, 4, 31.25, pipeline=3)
    even = FitInput(2**30 * 81, 81, 64, 8, 128, 12, 4, 31.25, pipeline=3)
    assert given.counted_layers == 81
    assert fit(given).kv_tokens == fit(even).kv_tokens
    assert any("80 in 3 stages" in reason for reason in fit(given).reasons)


def test_a_host_holds_its_part_and_downloads_the_whole() -> None:
    one, several = model(served(LLAMA, "topology: 2x4")), model(served(LLAMA, SLICES))
    assert (one.memory.value, several.memory.value) == ("279Gi", "90Gi")  # 16 + 8 + 2 x 131.4 / 4
    assert one.ephemeral_storage.value == several.ephemeral_storage.value == "168Gi"
    assert (one.shared_memory, one.group) == (None, None)
    assert several.shared_memory is not None and several.shared_memory.value == "8Gi"


def test_the_last_host_is_waited_for() -> None:
    def seconds(pool: str) -> int:
        found = model(served('model: "hf://Qwen/Qwen2.5-3B-Instruct"', pool))
        return found.startup.failures.value * found.startup.period.value

    assert seconds("topology: 2x2") == 1800  # the floor
    assert seconds(SLICES) == 2270  # 1.5 x (600 + 5.75 / 0.5 + 900), in steps of 10


@pytest.mark.parametrize(
    ("pool", "members"),
    [
        ("topology: 2x2, nodes: {min: 1, max: 3}", [("tpu", 1, 3)]),
        ("topology: 4x4, nodes: {min: 0, max: 4}", [("tpu-0", 0, 4)]),
        ("topology: 4x4, nodes: {min: 4, max: 12}",
         [("tpu-0", 4, 4), ("tpu-1", 0, 4), ("tpu-2", 0, 4)]),
        ("topology: 4x4, nodes: {min: 1, max: 6}", [("tpu-0", 4, 4), ("tpu-1", 0, 4)]),
    ],
)  # fmt: skip
def test_every_slice_is_a_node_pool_of_its_own(
    pool: str, members: list[tuple[str, int, int]]
) -> None:
    (found,) = [p for p in plan(served(LLAMA, pool)).pools if p.spec.name.value == "tpu"]
    assert [(m.name.value, m.low.value, m.high.value) for m in found.members] == members


def test_whole_slices_are_paid_for() -> None:
    found = estimated(served(LLAMA, "topology: 4x4, nodes: {min: 0, max: 8}"))
    (cost,) = [c for c in found.costs.pools if c.pool.spec.name.value == "tpu"]
    assert cost.low is not None and cost.high is not None
    assert (cost.low.value, cost.high.value) == (0, pytest.approx(8 * 4 * 2.7))


@pytest.mark.parametrize(
    ("topology", "at_once"), [("2x4", 1), ("4x4", 4), ("8x8", 16), ("16x16", 20)]
)
def test_a_slice_is_upgraded_as_a_whole(topology: str, at_once: int) -> None:
    pools = plan(served(LLAMA, f"topology: {topology}, nodes: {{max: 64}}")).pools
    (found,) = [p for p in pools if p.spec.name.value == "tpu"]
    assert found.upgraded_at_once.value == at_once


def test_a_further_slice_depends_on_the_most_nodes_and_the_first_does_not() -> None:
    pools = plan(served(LLAMA, "topology: 4x4, nodes: {min: 0, max: 8}")).pools
    (found,) = [p for p in pools if p.spec.name.value == "tpu"]
    most = ("spec", "cluster", "nodePools", 1, "nodes", "max")
    told = [most in member.name.origin.spec_paths() for member in found.members]
    assert told == [False, True]
