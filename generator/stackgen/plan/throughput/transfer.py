"""How long the KV cache of a prompt is on its way from a prefill to a decode server."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed
from stackgen.plan.model import ModelPlan


def transfer_bytes(prefill: ModelPlan) -> float | None:
    """Bytes of the KV cache of a prompt; None where not known."""
    hbm, prompt = prefill.server.hbm, prefill.spec.traffic.inputTokens.value
    return None if hbm is None or prompt is None else hbm.result.kv_bytes_per_token * prompt


def transfer_seconds(
    prefill: ModelPlan, decode: ModelPlan, catalog: Catalog
) -> Traced[float | None]:
    """Seconds at the bandwidth of the slower machine; None where one is not known.

    A lower bound: the copy between host and accelerator, and other prompts on the way, are not in
    it.
    """
    size = transfer_bytes(prefill)
    machines = [one.pool.machine_type for one in (prefill, decode)]
    rows = [catalog.machine(machine.value) for machine in machines]
    speeds = [row.get("network_gbps") for row in rows if row is not None]
    return computed(
        "KV cache / bandwidth", "at the bandwidth of the slower machine",
        lambda _, speeds, __: (
            None if size is None or len(speeds) < 2 else size * 8 / (min(speeds) * 1e9)
        ),
        prefill.spec.traffic.inputTokens, [speed for speed in speeds if speed is not None],
        machines,
    )  # fmt: skip
