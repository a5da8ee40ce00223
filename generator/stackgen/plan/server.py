"""One server of a model on one host: size, spread, memory, context, and what it takes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed
from stackgen.plan.dimensions import dimensions_of
from stackgen.plan.fit import GIB
from stackgen.plan.flags import number
from stackgen.plan.memory import at_length, hbm_fit, max_model_len
from stackgen.plan.model import Server
from stackgen.plan.parallelism import parallelism
from stackgen.plan.slices import Slice
from stackgen.spec.model_config import ModelConfig
from stackgen.spec.serving import Model

Configs = Mapping[str, ModelConfig]


def server_of(model: Model, shape: Slice, catalog: Catalog, configs: Configs) -> Server:
    """The server of `model` on a host of `shape`."""
    row = catalog.model(model_id(model.model.value))
    config = configs.get(model.config.value) if model.config.value is not None else None
    size = dimensions_of(model, row, config)
    spread = parallelism(model, shape, shape.devices_per_chip, size)
    hbm = hbm_fit(model, size, spread, shape.accelerator.value, catalog)
    length = max_model_len(model, size, hbm)
    asked = _concurrency(model)
    if hbm is not None:
        hbm = at_length(hbm, length, asked)
    return Server(size, spread, hbm, length, asked)


def model_id(uri: str) -> str:
    """The Hugging Face id in a model address: `hf://ORG/MODEL:REVISION` is `ORG/MODEL`."""
    rest = uri.partition("://")[2]
    return rest.partition(":")[0]


def _concurrency(model: Model) -> Traced[int] | None:
    if model.concurrency.value is not None:
        return Traced(model.concurrency.value, model.concurrency.origin)
    return number(model.args, "--max-num-seqs")


# -- the host ------------------------------------------------------------------------------------


def load_gib(model: Model, server: Server) -> Traced[float]:
    """GiB of weights to download; unknown models count as large."""
    size = server.size.file_bytes
    given = model.dimensions
    others: tuple[Traced[Any], ...] = (given.params, given.bytesPerParameter, model.config)
    if size is None:
        why = "the size of this model is not known: taken as 64 GiB"
        return computed("weights", why, 64.0, model.model, *others)
    return computed("bytes / 2^30", "GiB to download", size.value / GIB, size)


def host_memory(model: Model, load: Traced[float], catalog: Catalog) -> Traced[str]:
    """Memory request of the server."""
    base = catalog.sizing("model-server").value("memory_base_gib")
    gib = base.value + math.ceil(2 * load.value)
    why = "weights twice over while they are loaded, plus the server"
    derived = computed("base + 2 x weights", why, f"{gib}Gi", base, load)
    return chosen_or(model.resources.memory, derived)


def host_storage(load: Traced[float], catalog: Catalog) -> Traced[str]:
    """Disk that the download takes."""
    base = catalog.sizing("model-server").value("storage_base_gib")
    gib = base.value + math.ceil(1.2 * load.value)
    why = "the download lands on the node's disk"
    return computed("base + 1.2 x weights", why, f"{gib}Gi", base, load)


def startup(load: Traced[float], catalog: Catalog) -> tuple[Traced[int], Traced[int]]:
    """Period of the start-up probe, in seconds, and how often it may fail."""
    row = catalog.sizing("startup-budget")
    period = row.value("period_seconds")
    speed, compile_time = row.value("load_gib_per_s"), row.value("compile_seconds")
    small, large = row.value("floor_seconds"), row.value("floor_seconds_large")
    factor, limit = row.value("factor"), row.value("large_from_gib")
    floor = large if load.value >= limit.value else small
    expected = load.value / speed.value + compile_time.value
    seconds = max(floor.value, factor.value * expected)
    failures = math.ceil(seconds / period.value)
    why = "reading the weights and compiling for the TPU must fit in the budget"
    return period, computed(
        "max(floor, factor x (weights / speed + compile)) / period",
        why, failures, load, floor, limit, factor, speed, compile_time, period,
    )  # fmt: skip


def chosen_or(chosen: Traced[str | None], derived: Traced[str]) -> Traced[str]:
    """The user's value, or the derived one; either depends on what the user wrote."""
    if chosen.value is not None:
        return Traced(chosen.value, chosen.origin)
    return computed(derived.origin.name, derived.origin.why, derived.value, derived, chosen)
