"""One server of a model: size, spread, memory, context, and what it takes of each of its hosts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed
from stackgen.plan.devices import Devices, Shape, devices_of
from stackgen.plan.dimensions import dimensions_of
from stackgen.plan.fit import GIB
from stackgen.plan.flags import number
from stackgen.plan.memory import at_length, hbm_fit, max_model_len
from stackgen.plan.model import Server
from stackgen.plan.nodes import node
from stackgen.plan.parallelism import parallelism
from stackgen.spec.model_config import ModelConfig
from stackgen.spec.serving import Model

Configs = Mapping[str, ModelConfig]


def server_of(model: Model, shape: Shape, catalog: Catalog, configs: Configs) -> Server:
    """The server of `model` on `shape`."""
    devices = devices_of(model, shape, catalog)
    row = catalog.model(model_id(model.model.value))
    config = configs.get(model.config.value) if model.config.value is not None else None
    size = dimensions_of(model, row, config, devices.kind)
    spread = parallelism(model, devices, size)
    hbm = hbm_fit(model, size, spread, devices, catalog)
    length = max_model_len(model, size, hbm)
    asked = _concurrency(model)
    if hbm is not None:
        hbm = at_length(hbm, length, asked)
    return Server(devices, size, spread, hbm, length, asked)


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


def host_cpu(
    model: Model, devices: Devices, share: Traced[float] | None, catalog: Catalog
) -> Traced[str]:
    """CPU request of the server. share: CPUs of the node for one server; None: it has the node."""
    most = catalog.sizing(devices.sizing["server"]).value("cpu")
    if share is None:
        return chosen_or(model.resources.cpu, most)
    why = "no more than its part of the node"
    cpus = str(max(1, min(int(most.value), math.floor(share.value))))
    derived = computed("the less of the two", why, cpus, most, share)
    return chosen_or(model.resources.cpu, derived)


def cpu_share(
    machine: Traced[str], per_node: Traced[int], devices: Devices, catalog: Catalog
) -> Traced[float] | None:
    """CPUs of a node for a server with some of its GPUs; None for an unknown machine."""
    left = node(machine, catalog)
    if left is None:
        return None
    system = catalog.gke("system-pods").value("node_cpu")
    value = (left[0].value - system.value) * devices.count.value / per_node.value
    why = "what GKE's own pods leave, by GPUs"
    return computed(
        "(allocatable - system) x GPUs / GPUs of the node", why, round(value, 2),
        left[0], system, devices.count, per_node,
    )  # fmt: skip


def host_memory(
    model: Model, load: Traced[float], devices: Devices, catalog: Catalog
) -> Traced[str]:
    """Memory request of the server, of each of its hosts."""
    row = catalog.sizing(devices.sizing["server"])
    base, factor = row.value("memory_base_gib"), row.value("memory_weights")
    shared = shared_gib(devices, catalog)
    hosts = devices.hosts
    gib = base.value + math.ceil(factor.value * load.value / hosts.value)
    name, why = "base + factor x weights", "the weights while they are loaded, plus the server"
    if hosts.value > 1:
        name, why = f"{name} / hosts", f"a host's part of {why}"
    inputs = (base, factor, load, hosts)
    derived = computed(name, why, f"{gib}Gi", *inputs)
    if shared is not None:
        name, why = f"{name} + shared", f"{why} and what it holds at /dev/shm"
        derived = computed(name, why, f"{gib + shared.value}Gi", *inputs, shared)
    return chosen_or(model.resources.memory, derived)


def shared_gib(devices: Devices, catalog: Catalog) -> Traced[int] | None:
    """GiB at /dev/shm, 0 for a single GPU; None on a TPU host: KServe's own volume suffices."""
    if devices.hosts.value > 1:
        gib = catalog.sizing("several-hosts").value("shared_memory_gib")
        why = "Ray and vLLM pass data through shared memory"
        return computed("shared memory", why, gib.value, gib, devices.hosts)
    each = catalog.sizing(devices.sizing["server"]).get("shared_memory_gib_per_gpu")
    if each is None:
        return None
    count = devices.count
    if count.value < 2:
        return computed("none", "a single GPU has nobody to share with", 0, count, each)
    why = "the processes of the GPUs talk through shared memory"
    return computed("GPUs x GiB", why, count.value * each.value, count, each)


def host_storage(load: Traced[float], devices: Devices, catalog: Catalog) -> Traced[str]:
    """Disk that the download takes."""
    base = catalog.sizing(devices.sizing["server"]).value("storage_base_gib")
    gib = base.value + math.ceil(1.2 * load.value)
    why = "the download lands on the node's disk"
    return computed("base + 1.2 x weights", why, f"{gib}Gi", base, load)


def startup(
    load: Traced[float], devices: Devices, catalog: Catalog
) -> tuple[Traced[int], Traced[int]]:
    """Period of the start-up probe, in seconds, and how often it may fail."""
    row = catalog.sizing(devices.sizing["startup"])
    period = row.value("period_seconds")
    speed, compile_time = row.value("load_gib_per_s"), row.value("compile_seconds")
    small, large = row.value("floor_seconds"), row.value("floor_seconds_large")
    factor, limit = row.value("factor"), row.value("large_from_gib")
    floor = large if load.value >= limit.value else small
    expected = load.value / speed.value + compile_time.value
    steps = "weights / speed + compile"
    why = f"reading the weights and compiling for the {devices.kind.upper()} must fit in the budget"
    inputs: list[Traced[Any]] = [load, floor, limit, factor, speed, compile_time, period]
    inputs.append(devices.hosts)
    if devices.hosts.value > 1:
        join = catalog.sizing("several-hosts").value("join_seconds")
        expected += join.value
        steps, why = f"last host + {steps}", f"waiting for the last host, {why}"
        inputs.append(join)
    failures = math.ceil(max(floor.value, factor.value * expected) / period.value)
    return period, computed(f"max(floor, factor x ({steps})) / period", why, failures, *inputs)


def chosen_or(chosen: Traced[str | None], derived: Traced[str]) -> Traced[str]:
    """The user's value, or the derived one; either depends on what the user wrote."""
    if chosen.value is not None:
        return Traced(chosen.value, chosen.origin)
    return computed(derived.origin.name, derived.origin.why, derived.value, derived, chosen)
