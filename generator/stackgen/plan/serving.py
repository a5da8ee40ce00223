"""Model servers: image, command line, host resources and start-up budget."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.facts.engines import matching, running
from stackgen.origin import Traced, computed, given_or, known, text
from stackgen.plan.adapters import adapter_flags
from stackgen.plan.autoscaling import fewest, most, scaling_of
from stackgen.plan.devices import Devices, along
from stackgen.plan.dimensions import model_id
from stackgen.plan.flags import typed
from stackgen.plan.kv_offload import offload_flags, size_flag
from stackgen.plan.model import Group, ModelPlan, PoolPlan, Release, Server
from stackgen.plan.model_cache import cache_of
from stackgen.plan.pod_template import drain
from stackgen.plan.prefill import DECODE, PREFILL, Transfer, decode_of, prefill_of, transfer_of
from stackgen.plan.server import (
    Configs,
    at_shortest,
    cpu_share,
    host_cpu,
    host_memory,
    host_storage,
    load_gib,
    server_of,
    shared_gib,
)
from stackgen.plan.startup import slowest, startup
from stackgen.spec.serving import Model


def model_plan(
    model: Model, pools: Mapping[str, PoolPlan], release: Release, catalog: Catalog,
    configs: Configs, where: Traced[str],
) -> ModelPlan:  # fmt: skip
    """The servers of a model on their pools, those of prefill among them.

    where: cluster and namespace.
    """
    half = prefill_of(model)
    if half is None:
        return _plan(model, pools, release, catalog, configs, where, model.name, "")
    decode = _plan(decode_of(model), pools, release, catalog, configs, where, model.name, DECODE)
    longest: Traced[Any] | None = decode.server.max_model_len
    if longest is not None:
        # A prompt that decode would take must not be too long for prefill.
        half = replace(half, maxModelLen=longest)
    prefill = _plan(half, pools, release, catalog, configs, where, model.name, PREFILL)
    return replace(decode, prefill=prefill)


def _plan(
    model: Model, pools: Mapping[str, PoolPlan], release: Release, catalog: Catalog,
    configs: Configs, where: Traced[str], service: Traced[str], role: str,
) -> ModelPlan:  # fmt: skip
    pool = pools[model.nodePool.value]
    assert pool.shape is not None
    # As the model sees the pool: whatever comes of it also depends on the choice.
    pool = replace(pool, shape=along(pool.shape, model.nodePool))
    assert pool.shape is not None
    server = server_of(model, pool.shape, release, catalog, configs)
    others = tuple(
        _plan(model, {model.nodePool.value: one.pool}, release, catalog, configs, where,
              service, role)
        for one in pool.fallback if one.pool.shape is not None
    )  # fmt: skip
    server = at_shortest(server, [other.server for other in others])
    devices, gpus = server.devices, pool.gpus
    share = None
    if gpus is not None:
        share = cpu_share(pool.machine_type, gpus.per_node, devices, catalog)
    load = load_gib(model, server)
    cache = cache_of(model, service, where, load, devices.kind, catalog)
    start = slowest([
        startup(
            catalog.current_id(model_id(model.model.value)), load, devices, catalog, cache.speed
        ),
        *(other.startup for other in others),
    ])  # fmt: skip
    shared = shared_gib(devices, catalog)
    behind = role == DECODE
    port = release.value("prefill", "server_port") if behind else release.serving("port")
    transfer = transfer_of(model, role, devices, server.size, catalog) if role else None
    return ModelPlan(
        spec=model,
        pool=pool,
        server=server,
        served_name=_served_name(model),
        image=server.image,
        address=(
            *_address(model, cache.address, devices, release, port),
            *_beside(model, server, release),
        ),
        flags=tuple(_flags(model, server, release, catalog, transfer)),
        by_preset=_by_preset(model, server, release, transfer),
        cpu=host_cpu(model, devices, share, catalog),
        memory=host_memory(model, load, devices, catalog),
        ephemeral_storage=host_storage(load, cache.downloaded, devices, catalog),
        startup=start,
        load_gib=load,
        shared_memory=_shared_memory(shared),
        group=_group(devices, catalog),
        fewest=fewest(model),
        most=most(model),
        scaling=scaling_of(model, server, start, catalog),
        service=service,
        role=role,
        port=port,
        transfer=transfer,
        alternatives=others,
        cache=cache,
    )


def _group(devices: Devices, catalog: Catalog) -> Group | None:
    if devices.hosts.value == 1:
        return None
    row = catalog.sizing("several-hosts")
    size = row.value("object_store_gib").map(
        "GiB x 2^30", "Ray would take a third of the memory", lambda gib: int(gib * 2**30)
    )
    return Group(row.value("ray_port"), size)


def _shared_memory(gib: Traced[int] | None) -> Traced[str | None] | None:
    if gib is None:
        return None
    return gib.map("quantity", "at /dev/shm", lambda n: f"{n}Gi" if n else None)


def _served_name(model: Model) -> Traced[str]:
    by_address = model.model.map("model id", "the name in the address", model_id)
    return given_or(model.servedName, by_address)


def _flags(
    model: Model, server: Server, release: Release, catalog: Catalog, transfer: Transfer | None
) -> list[Traced[str]]:
    """vLLM's command line. What the user may choose differently is left to a flag of theirs."""
    flags = []
    if not server.spread.typed:
        tensor = server.spread.tensor
        quirk = release.quirk("tensor-parallel-by-flag")
        flags.append(_flag("--tensor-parallel-size", tensor.origin.why, tensor, quirk))
    if not server.spread.stages_typed and server.spread.pipeline.value > 1:
        stages = server.spread.pipeline
        flags.append(text("--pipeline-parallel-size={}", stages, why=stages.origin.why))
    if typed(model.args, "--dtype") is None:
        dtype = server.devices.dtype
        flags.append(_flag("--dtype", dtype.origin.why, dtype))
    length = server.max_model_len
    if length is not None:
        flags.append(text("--max-model-len={}", length, why="prompt plus answer, in tokens"))
    asked = known(model.concurrency)
    if asked is not None:
        flags.append(text("--max-num-seqs={}", asked, why="sequences at the same time"))
    block = known(model.picker.blockSize)
    if block is not None:
        why = "the endpoint picker compares prefixes in the same blocks"
        flags.append(text("--block-size={}", block, why=why))
    platform = _platform_flags(model, release, catalog)
    more = _features(model, server, transfer)
    return [*flags, *_certificate(release), *platform, *more, *model.args]


def _features(model: Model, server: Server, transfer: Transfer | None) -> list[Traced[str]]:
    """Flags of what the engine does besides, which no platform has fields for."""
    flags = [] if server.offload is None else offload_flags(model, server.offload)
    flags += [] if server.draft is None else [server.draft.flag]
    return flags if transfer is None else [*flags, *transfer.flags]


def _beside(model: Model, server: Server, release: Release) -> Iterator[Traced[str]]:
    """The same for what a platform may have fields for."""
    if server.adapters is not None and release.has("adapters"):
        mount, by_vllm = release.serving("adapters", "mount"), release.quirk("vllm-downloads")
        yield from adapter_flags(model, server.adapters, mount, by_vllm)
    if server.offload is not None:
        yield from size_flag(server.offload)


def _by_preset(
    model: Model, server: Server, release: Release, transfer: Transfer | None
) -> Traced[bool] | None:
    """Whether a preset of the release starts the server; None for presets that do not."""
    quirk = release.quirk("preset-starts-server")
    if not quirk.value:
        return None
    why = "on one host, with words that the preset's shell leaves as they are"
    return computed(
        "by the preset", why,
        lambda _, hosts, name, args: hosts == 1 and all(shlex.quote(w) == w for w in (name, *args)),
        quirk, server.devices.hosts, _served_name(model),
        [*_features(model, server, transfer), *model.args],
    )  # fmt: skip


def _address(
    model: Model, at: Traced[str], devices: Devices, release: Release, port: Traced[int]
) -> Iterator[Traced[str]]:
    """Where the model is, how clients call it, and on which port it is served."""
    yield from _place(at, devices, release)
    yield _flag(
        "--served-model-name", "the model id that clients send",
        _served_name(model), release.quirk("served-name"),
    )  # fmt: skip
    yield text("--port={}", port, why="the port that requests are sent to")


def _place(at: Traced[str], devices: Devices, release: Release) -> Iterator[Traced[str]]:
    """Where vLLM finds the model: where the platform puts it, or where it downloads it from."""
    mount = release.serving("model_mount")
    by_vllm = release.quirk("vllm-downloads")
    if not by_vllm.value:
        program = release.value("images", devices.kind, "entrypoint")
        yield computed(
            "model", "where the model is put",
            lambda words, mount: mount if words[-1] == "serve" else f"--model={mount}",
            program, mount,
        )  # fmt: skip
        return
    why = "what vLLM serves: it downloads the model itself, or reads it from the volume"
    yield computed("model", why, _served, at, mount, by_vllm)
    revision = at.map("revision", "the commit of the address", _revision)
    if revision.value:
        yield text("--revision={}", revision, why=revision.origin.why)


def _served(uri: str, mount: str, _by_vllm: bool) -> str:
    scheme, _, rest = uri.partition("://")
    if scheme == "oci":
        return mount
    if scheme != "pvc":
        return rest.partition(":")[0]
    folder = rest.partition("/")[2].strip("/")
    return f"{mount}/{folder}" if folder else mount


def _revision(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return rest.partition(":")[2] if scheme == "hf" else ""


def _platform_flags(model: Model, release: Release, catalog: Catalog) -> Iterator[Traced[str]]:
    """Flags that the release gives to every server; one that the user types takes its place.

    Without those that the vLLM of an image of the user does not have.
    """
    for i, flag in enumerate(release.row.data[release.platform].get("flags", ())):
        name = str(flag).partition("=")[0]
        if typed(model.args, name) is None and _has(model.image.value, name, catalog):
            yield drain(model, release, release.serving("flags", i))


def _has(image: str | None, flag: str, catalog: Catalog) -> bool:
    """Whether the engine of the image has a flag, as far as its version is known."""
    run = running(image, "vllm", catalog.copy()) if image is not None else None
    if run is None or not run.version:
        return True
    options = run.engine.versions.at(run.version, run.engine.options)
    return bool(matching(options, flag.removeprefix("--")))


def _certificate(release: Release) -> Iterator[Traced[str]]:
    """TLS of the servers, where the platform mounts a certificate for it."""
    if release.has("tls_mount"):
        tls, quirk = release.serving("tls_mount"), release.quirk("serves-tls")
        for flag, file in (("--ssl-certfile", "tls.crt"), ("--ssl-keyfile", "tls.key")):
            why = "the certificate that the platform mounts"
            yield computed(flag, why, f"{flag}={{}}/{file}".format, tls, quirk)


def _flag(name: str, why: str, value: Traced[Any], *by: Traced[bool]) -> Traced[str]:
    """`name=value`; it also depends on the quirks `by`."""
    return computed(name, why, f"{name}={{}}".format, value, *by)
