"""GPU pools: machine, devices, memory, start-up and cost of what runs on them."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.facts.gpu_machines import counts, machines
from stackgen.plan.model import ModelPlan, PoolPlan
from tests.plan.planning import estimated, plan

SPEC = """
spec:
  cluster:
    location: us-central1-a
    nodePools:
      - {name: gpu, nodes: {min: 0, max: 3}, %(pool)s}
  serving:
    models:
      - {name: chat, nodePool: gpu, %(model)s}
"""


def overlay(pool: str, model: str = 'model: "hf://Qwen/Qwen2.5-7B-Instruct"') -> str:
    return SPEC % {"pool": pool, "model": model}


def planned(pool: str, model: str = 'model: "hf://Qwen/Qwen2.5-7B-Instruct"') -> ModelPlan:
    found = plan(overlay(pool, model))
    return next(m for m in found.models if m.spec.name.value == "chat")


def pool_of(pool: str, model: str = 'model: "hf://Qwen/Qwen2.5-7B-Instruct"') -> PoolPlan:
    found = plan(overlay(pool, model))
    return next(p for p in found.pools if p.spec.name.value == "gpu")


@pytest.mark.parametrize(
    ("pool", "model", "machine"),
    [
        # Requests of 9, 14, 23 and 70 GiB; nodes leave 13, 27.8 and 116.5 of 16, 32 and 128.
        ("accelerator: l4", 'model: "hf://Qwen/Qwen2.5-0.5B-Instruct"', "g2-standard-4"),
        ("accelerator: l4", 'model: "hf://Qwen/Qwen2.5-7B-Instruct"', "g2-standard-8"),
        ("accelerator: l4", 'model: "hf://Qwen/Qwen2.5-32B-Instruct"', "g2-standard-32"),
        ("accelerator: l4, gpus: 2", 'model: "hf://Qwen/Qwen2.5-7B-Instruct"', "g2-standard-24"),
        ("accelerator: t4", 'model: "hf://Qwen/Qwen2.5-0.5B-Instruct"', "n1-standard-4"),
        ("accelerator: t4", 'model: "hf://Qwen/Qwen2.5-3B-Instruct"', "n1-standard-8"),
        ("accelerator: h200", 'model: "hf://Qwen/Qwen2.5-7B-Instruct"', "a3-ultragpu-8g"),
        (
            "accelerator: l4, machineType: g2-standard-16",
            'model: "hf://Qwen/Qwen2.5-0.5B-Instruct"', "g2-standard-16",
        ),
        (
            "accelerator: l4, machineType: g2-standard-48",
            'model: "hf://Qwen/Qwen2.5-0.5B-Instruct"', "g2-standard-48",
        ),
        # Memory that no machine has: the largest, and pod-exceeds-node says so.
        (
            "accelerator: l4",
            'model: "hf://Qwen/Qwen2.5-0.5B-Instruct", resources: {memory: 500Gi}',
            "g2-standard-32",
        ),
    ],
)  # fmt: skip
def test_the_smallest_machine_whose_memory_holds_the_servers(
    pool: str, model: str, machine: str
) -> None:
    found = pool_of(pool, model)
    assert found.machine_type.value == machine
    assert found.gpus is not None and found.slice is None


def test_every_server_that_shares_a_node_counts() -> None:
    model = 'model: "hf://Qwen/Qwen2.5-32B-Instruct", gpus: 1'
    # Two servers of 70 GiB do not fit the 86.9 GiB of the only machine with two GPUs.
    found = estimated(overlay("accelerator: l4, gpus: 2", model))
    gpu = next(p for p in found.pools if p.pool.spec.name.value == "gpu")
    assert gpu.pool.machine_type.value == "g2-standard-24"
    assert gpu.parts[0].pods == 2
    assert gpu.node_memory is not None and gpu.memory > gpu.node_memory.value


@pytest.mark.parametrize(
    ("pool", "model", "devices", "tensor"),
    [
        ("accelerator: l4", 'model: "hf://Qwen/Qwen2.5-7B-Instruct"', 1, 1),
        ("accelerator: l4, gpus: 4", 'model: "hf://Qwen/Qwen2.5-7B-Instruct"', 4, 4),
        ("accelerator: l4, gpus: 8", 'model: "hf://Qwen/Qwen2.5-7B-Instruct"', 8, 4),  # 28 heads
        ("accelerator: l4, gpus: 8", 'model: "hf://Qwen/Qwen2.5-7B-Instruct", gpus: 2', 2, 2),
    ],
)
def test_the_model_is_spread_over_the_gpus_of_its_server(
    pool: str, model: str, devices: int, tensor: int
) -> None:
    found = planned(pool, model)
    assert found.server.devices.count.value == devices
    assert found.server.spread.tensor.value == tensor
    assert f"--tensor-parallel-size={tensor}" in [flag.value for flag in found.flags]


def test_the_fit_by_hand() -> None:
    found = planned("accelerator: l4", 'model: "hf://Qwen/Qwen2.5-7B-Instruct"').server.hbm
    assert found is not None
    # 22.03 GiB x 0.9 - 15231233024 bytes - 2.5 GiB; a token: 2 x 28 layers x 4 heads x 128 x 2.
    spare = 22.03 * 0.9 - 15231233024 / 2**30 - 2.5
    assert found.result.spare_gib == pytest.approx(spare)
    assert found.result.kv_bytes_per_token == 57344
    assert found.result.kv_tokens == int(spare * 2**30 // 57344)


def test_heads_are_not_padded_on_gpus() -> None:
    size = (
        "dimensions: {params: 1000000000, layers: 10, attentionHeads: 8, kvHeads: 8, headDim: 80}"
    )
    model = f'model: "hf://acme/own", maxModelLen: 1024, {size}'
    found = planned("accelerator: l4", model).server.hbm
    assert found is not None and found.result.kv_bytes_per_token == 2 * 10 * 8 * 80 * 2


@pytest.mark.parametrize(
    ("accelerator", "dtype"),
    [("t4", "half"), ("l4", "bfloat16"), ("a100-40", "bfloat16"), ("h100", "bfloat16")],
)
def test_the_number_format_is_one_that_the_gpu_has(accelerator: str, dtype: str) -> None:
    flags = [flag.value for flag in planned(f"accelerator: {accelerator}").flags]
    assert f"--dtype={dtype}" in flags


def test_shared_memory_is_asked_for_where_several_gpus_serve() -> None:
    one, four = planned("accelerator: l4"), planned("accelerator: l4, gpus: 4")
    assert one.shared_memory is not None and one.shared_memory.value is None
    assert four.shared_memory is not None and four.shared_memory.value == "4Gi"
    # 8 GiB, 14.2 GiB of weights, and what lies in shared memory.
    assert (one.memory.value, four.memory.value) == ("23Gi", "27Gi")


def test_a_start_needs_no_time_for_xla() -> None:
    small = planned("accelerator: l4")
    large = planned("accelerator: a100-80, gpus: 8", 'model: "hf://Qwen/Qwen2.5-72B-Instruct"')
    assert small.startup.period.value * small.startup.failures.value == 600
    assert large.startup.period.value * large.startup.failures.value == 1200


def test_cpus_are_the_part_of_the_node() -> None:
    # 3.92 and 23.9 CPUs, less what GKE's own pods take; eight at the most.
    assert planned(
        "accelerator: l4", 'model: "hf://Qwen/Qwen2.5-0.5B-Instruct"'
    ).cpu.value == "3"  # fmt: skip
    assert planned("accelerator: l4, gpus: 2").cpu.value == "8"
    assert planned("accelerator: l4", 'model: "hf://a/b", resources: {cpu: "2"}').cpu.value == "2"


@pytest.mark.parametrize(
    ("pool", "hour"),
    [
        ("accelerator: l4", 0.91),
        ("accelerator: l4, purchase: spot", 0.27),
        ("accelerator: t4", 0.73),
        ("accelerator: a100-80, gpus: 2", 10.1376),
    ],
)
def test_a_node_costs_what_its_machine_costs(pool: str, hour: float) -> None:
    found = estimated(overlay(pool))
    cost = next(c for c in found.costs.pools if c.pool.spec.name.value == "gpu")
    assert cost.node is not None and cost.node.value == hour
    assert cost.high is not None and cost.high.value == pytest.approx(3 * hour)


def test_a_gpu_without_a_price_is_said_to_have_none() -> None:
    found = estimated(overlay("accelerator: l4").replace("us-central1-a", "europe-west4-a"))
    cost = next(c for c in found.costs.pools if c.pool.spec.name.value == "gpu")
    assert cost.unknown is not None and "0.91 USD/h in us-central1" in cost.unknown.words()
    assert not found.costs.complete


def test_every_type_has_machines_and_usable_memory() -> None:
    catalog = Catalog()
    kinds = [row for row in catalog.rows("accelerator") if row.data["kind"] == "gpu"]
    assert {row.key for row in kinds} == {"t4", "l4", "a100-40", "a100-80", "h100", "h200"}
    for row in kinds:
        assert row.data["hbm_usable_gib"] < row.data["hbm_gb"]
        offered = counts(row.key, catalog)
        assert offered and machines(row.key, None, None, catalog)
        for count in offered:
            sizes = [m.data["memory_gib"] for m in machines(row.key, count, None, catalog)]
            assert sizes == sorted(sizes) and sizes
