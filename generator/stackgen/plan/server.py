"""One server of a model: size, spread, memory, context, and what it takes of each of its hosts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from stackgen.catalog.load import Catalog
from stackgen.facts.quantity import gib_quantity, in_gib
from stackgen.origin import Traced, computed, given_or, known, literal, picked, reasoned
from stackgen.plan.adapters import Adapters, adapters_of
from stackgen.plan.devices import Devices, Shape, devices_of
from stackgen.plan.dimensions import Dimensions, dimensions_of, model_id
from stackgen.plan.fit import GIB
from stackgen.plan.flags import number
from stackgen.plan.kv_offload import Offload, offload_of, staging_gib
from stackgen.plan.memory import at_length, hbm_fit, max_model_len
from stackgen.plan.model import Release, Server
from stackgen.plan.nodes import node
from stackgen.plan.parallelism import parallelism
from stackgen.plan.speculative import Draft, draft_of
from stackgen.spec.kv_layers import KvGroup
from stackgen.spec.model_config import ModelConfig
from stackgen.spec.serving import Model

Configs = Mapping[str, ModelConfig]


def server_of(
    model: Model, shape: Shape, release: Release, catalog: Catalog, configs: Configs
) -> Server:
    """The server of `model` on `shape`."""
    devices = devices_of(model, shape, catalog)
    image = _image(model, devices, release)
    row = catalog.model(model_id(model.model.value))
    chosen = known(model.config)
    config = configs.get(chosen.value) if chosen is not None else None
    size = dimensions_of(model, row, config, devices.kind, catalog.sizing("model-name"))
    spread = parallelism(model, devices, size)
    kind = devices.kind
    adapters = adapters_of(model, image, size, spread, kind, catalog)
    draft = draft_of(model, image, size, kind, catalog)
    offload = offload_of(model, image, size, kind, catalog)
    hbm = hbm_fit(
        model, image, _with_draft(size, draft), spread, devices, catalog,
        partial(_beside, adapters, draft, offload),
    )  # fmt: skip
    length = max_model_len(model, size, hbm)
    asked = _concurrency(model)
    if hbm is not None:
        hbm = at_length(hbm, length, asked)
    return Server(
        devices, image, size, spread, hbm, length, asked, adapters, draft, offload
    )  # fmt: skip


def _with_draft(size: Dimensions, draft: Draft | None) -> Dimensions:
    """The size with the layers of a draft model, which have a KV cache beside the model's."""
    layers, heads, dim = size.layers, size.kv_heads, size.head_dim
    if draft is None or draft.kv is None or layers is None or heads is None or dim is None:
        return size
    own = size.kv_groups or (
        computed("layers", "all cache alike", KvGroup, layers, heads, dim),
    )  # fmt: skip
    return replace(size, kv_groups=(*own, draft.kv))


def _beside(
    adapters: Adapters | None, draft: Draft | None, offload: Offload | None, per_token: Traced[int]
) -> list[tuple[str, Traced[float]]]:
    """What is in the memory of the devices besides the model, as far as it is known."""
    found = [
        ("adapters", None if adapters is None else adapters.hbm_gib),
        ("draft model", None if draft is None else draft.gib),
        ("offload buffer", None if offload is None else staging_gib(offload, per_token)),
    ]  # fmt: skip
    return [(what, gib) for what, gib in found if gib is not None]


def at_shortest(server: Server, others: Sequence[Server]) -> Server:
    """The server at the maximum length that it also has on other capacity: Pods are the same."""
    lengths = [one.max_model_len for one in (server, *others) if one.max_model_len is not None]
    if len(lengths) <= len(others) or not others:
        return server
    why = "the shortest of the node pool and its fallback, which run the same Pods"
    length = computed("shortest", why, min, lengths)
    hbm = None if server.hbm is None else at_length(server.hbm, length, server.concurrency)
    return replace(server, max_model_len=length, hbm=hbm)


def _image(model: Model, devices: Devices, release: Release) -> Traced[str]:
    chosen = release.value("images", devices.kind, "name")
    why = f"the release's {devices.kind.upper()} image"
    return given_or(model.image, picked("image", why, chosen, devices.accelerator))


def _concurrency(model: Model) -> Traced[int] | None:
    asked = known(model.concurrency)
    return asked if asked is not None else number(model.args, "--max-num-seqs")


# -- the host ------------------------------------------------------------------------------------


def load_gib(model: Model, server: Server) -> Traced[float]:
    """GiB to download: the weights, adapters and draft model. Unknown models count as large."""
    weights = _weights_gib(model, server)
    adapters, draft = server.adapters, server.draft
    both = (adapters.load_gib if adapters else None, draft.gib if draft else None)
    others = [gib for gib in both if gib is not None]
    if not others:
        return weights
    why = "the model and what is loaded with it"
    return computed("weights + others", why, lambda *gib: sum(gib), weights, *others)


def _weights_gib(model: Model, server: Server) -> Traced[float]:
    size = server.size.file_bytes
    given = model.dimensions
    if size is None:
        why = "the size of this model is not known: 64 GiB, or more if its name says more"
        large = literal(64.0, "plan/unknown-size", why)
        others = (given.params, given.bytesPerParameter, model.config)
        least = server.size.at_least
        if least is None:
            return picked("weights", why, large, model.model, *others)
        return computed(
            "max(64, bytes / 2^30)", why, lambda large, least, *_: max(large, least / GIB),
            large, least, *others,
        )  # fmt: skip
    return size.map("bytes / 2^30", "GiB to download", lambda n: n / GIB)


def host_cpu(
    model: Model, devices: Devices, share: Traced[float] | None, catalog: Catalog
) -> Traced[str]:
    """CPU request of the server. share: CPUs of the node for one server; None: it has the node."""
    most = catalog.sizing(devices.sizing["server"]).value("cpu")
    if share is None:
        return given_or(model.resources.cpu, most)
    derived = computed(
        "the less of the two", "no more than its part of the node",
        lambda most, share: str(max(1, min(int(most), math.floor(share)))), most, share,
    )  # fmt: skip
    return given_or(model.resources.cpu, derived)


def cpu_share(
    machine: Traced[str], per_node: Traced[int], devices: Devices, catalog: Catalog
) -> Traced[float] | None:
    """CPUs of a node for a server with some of its GPUs; None for an unknown machine."""
    left = node(machine, catalog)
    if left is None:
        return None
    system = catalog.gke("system-pods").value("node_cpu")
    return computed(
        "(allocatable - system) x GPUs / GPUs of the node", "what GKE's own Pods leave, by GPUs",
        lambda left, system, count, per_node: round((left - system) * count / per_node, 2),
        left[0], system, devices.count, per_node,
    )  # fmt: skip


def host_memory(
    model: Model, load: Traced[float], devices: Devices, catalog: Catalog
) -> Traced[str]:
    """Memory request of the server, of each of its hosts."""
    row = catalog.sizing(devices.sizing["server"])
    base, factor = row.value("memory_base_gib"), row.value("memory_weights")
    shared = shared_gib(devices, catalog)
    inputs = (base, factor, load, devices.hosts, *([] if shared is None else [shared]))
    derived, offload = reasoned(_memory, *inputs), known(model.kvOffload.memory)
    if offload is not None:
        derived = computed(
            f"{derived.origin.name} + kvOffload", f"{derived.origin.why}, and the KV cache",
            lambda memory, kept, hosts: gib_quantity(
                in_gib(memory) + math.ceil(in_gib(kept) / hosts)
            ),
            derived, offload, devices.hosts,
        )  # fmt: skip
    return given_or(model.resources.memory, derived)


def _memory(
    base: int, factor: float, load: float, hosts: int, shared: int | None = None
) -> tuple[str, str, str]:
    name, why = "base + factor x weights", "the weights while they are loaded, plus the server"
    gib = base + math.ceil(factor * load / hosts)
    if hosts > 1:
        name, why = f"{name} / hosts", f"a host's part of {why}"
    if shared is not None:
        name, why = f"{name} + shared", f"{why} and what it holds at /dev/shm"
    return f"{gib + (shared or 0)}Gi", name, why


def shared_gib(devices: Devices, catalog: Catalog) -> Traced[int] | None:
    """GiB at /dev/shm, 0 for a single GPU; None on a TPU host: KServe's own volume suffices."""
    if devices.hosts.value > 1:
        gib = catalog.sizing("several-hosts").value("shared_memory_gib")
        why = "Ray and vLLM pass data through shared memory"
        return picked("shared memory", why, gib, devices.hosts)
    each = catalog.sizing(devices.sizing["server"]).get("shared_memory_gib_per_gpu")
    return None if each is None else reasoned(_shared, devices.count, each)


def _shared(count: int, each: int) -> tuple[int, str, str]:
    if count < 2:
        return 0, "none", "a single GPU has nothing to share with"
    return count * each, "GPUs x GiB", "the processes of the GPUs talk through shared memory"


def host_storage(
    load: Traced[float], downloaded: Traced[bool], devices: Devices, catalog: Catalog
) -> Traced[str]:
    """Disk that a server takes, with that of the download."""
    base = catalog.sizing(devices.sizing["server"]).value("storage_base_gib")
    return computed(
        "base + 1.2 x weights", "the download lands on the node's disk",
        lambda base, load, here: f"{base + (math.ceil(1.2 * load) if here else 0)}Gi",
        base, load, downloaded,
    )  # fmt: skip
