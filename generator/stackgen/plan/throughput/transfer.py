"""How long the KV cache of a prompt is on its way from a prefill to a decode server."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed
from stackgen.plan.model import ModelPlan
from stackgen.spec.serving import Model


def transfer_bytes(prefill: ModelPlan) -> float | None:
    """Bytes of the KV cache of a prompt; None where not known."""
    hbm, prompt = prefill.server.hbm, prefill.spec.traffic.inputTokens.value
    return None if hbm is None or prompt is None else hbm.result.kv_bytes_per_token * prompt


def transfer_gbps(prefill: ModelPlan, loaded: Model) -> float | None:
    """Gbit/s of the KV cache of all prompts; None where not known. loaded: with the rate."""
    size, rate = transfer_bytes(prefill), loaded.traffic.requestsPerSecond.value
    return None if size is None or rate is None else size * 8 * rate / 1e9


def network_gbps(model: ModelPlan, catalog: Catalog) -> Traced[float] | None:
    """Gbit/s of the network of a machine of the servers; None where not known."""
    row = catalog.machine(model.pool.machine_type.value)
    return None if row is None else row.get("network_gbps")


def transfer_seconds(
    prefill: ModelPlan, decode: ModelPlan, catalog: Catalog
) -> Traced[float | None]:
    """Seconds at the bandwidth of the slower machine; None where one is not known.

    A lower bound: the copy between host and accelerator, and other prompts on the way, are not in
    it.
    """
    size = transfer_bytes(prefill)
    machines = [one.pool.machine_type for one in (prefill, decode)]
    speeds = [network_gbps(one, catalog) for one in (prefill, decode)]
    return computed(
        "KV cache / bandwidth", "at the bandwidth of the slower machine",
        lambda _, speeds, __: (
            None if size is None or len(speeds) < 2 else size * 8 / (min(speeds) * 1e9)
        ),
        prefill.spec.traffic.inputTokens, [speed for speed in speeds if speed is not None],
        machines,
    )  # fmt: skip
