"""Model servers: command line, host resources and start-up budget."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.origin import Traced, computed, literal, text
from stackgen.plan.model import ModelPlan, PoolPlan, Release, Slice
from stackgen.spec.model import Model, Serving

GIB = 2**30


def model_plan(
    model: Model, serving: Serving, pool: PoolPlan, release: Release, catalog: Catalog
) -> ModelPlan:
    """The server of one model on its pool."""
    pool = _chosen(pool, model.nodePool)
    row = catalog.model(model_id(model.model.value))
    load = _load_gib(model, row)
    period, failures = _startup(load, catalog)
    return ModelPlan(
        spec=model,
        pool=pool,
        served_name=_served_name(model),
        image=_image(model, release),
        flags=tuple(_flags(model, pool, release, row)),
        cpu=_or(model.resources.cpu, catalog.sizing("model-server").value("cpu")),
        memory=_or(model.resources.memory, _memory(load, catalog)),
        ephemeral_storage=_storage(load, catalog),
        startup_period=period,
        startup_failures=failures,
    )


def _chosen(pool: PoolPlan, by: Traced[str]) -> PoolPlan:
    """The pool as the model sees it: whatever comes of it also depends on the choice."""
    shape = pool.slice
    assert shape is not None

    def along(value: Traced[Any]) -> Traced[Any]:
        return computed("of the node pool", "the model's node pool", value.value, value, by)

    chosen = Slice(
        accelerator=along(shape.accelerator),
        topology=along(shape.topology),
        accelerator_label=along(shape.accelerator_label),
        chips=along(shape.chips),
        hosts=along(shape.hosts),
        chips_per_host=along(shape.chips_per_host),
        env={name: along(value) for name, value in shape.env.items()},
    )
    return replace(pool, slice=chosen)


def model_id(uri: str) -> str:
    """The Hugging Face id in a model address: `hf://ORG/MODEL:REVISION` is `ORG/MODEL`."""
    rest = uri.partition("://")[2]
    return rest.partition(":")[0]


def _or(chosen: Traced[str | None], derived: Traced[str]) -> Traced[str]:
    """The user's value, or the derived one; either depends on what the user wrote."""
    if chosen.value is not None:
        return Traced(chosen.value, chosen.origin)
    return computed(derived.origin.name, derived.origin.why, derived.value, derived, chosen)


def _served_name(model: Model) -> Traced[str]:
    if model.servedName.value is not None:
        return Traced(model.servedName.value, model.servedName.origin)
    name = model_id(model.model.value)
    return computed("model id", "the name in the address", name, model.model, model.servedName)


def _image(model: Model, release: Release) -> Traced[str]:
    if model.image.value is not None:
        return Traced(model.image.value, model.image.origin)
    repository, tag = release.value("image", "repository"), release.value("image", "tag")
    chosen = text("{}:{}", repository, tag, why="the release's TPU image")
    return computed("image", "the release's TPU image", chosen.value, chosen, model.image)


def _flags(model: Model, pool: PoolPlan, release: Release, row: Row | None) -> list[Traced[str]]:
    assert pool.slice is not None
    tls = release.value("kserve", "tls_mount")
    serves_tls = release.quirk("serves-tls")
    by_flag = release.quirk("tensor-parallel-by-flag")
    flags = [
        text("--model={}", release.value("kserve", "model_mount"), why="where the model is put"),
        computed(
            "--served-model-name", "the model id that clients send",
            f"--served-model-name={_served_name(model).value}",
            _served_name(model), release.quirk("served-name"),
        ),
        text("--port={}", release.value("kserve", "port"), why="the port KServe routes to"),
        computed(
            "--tensor-parallel-size", "the model is spread over all chips of the host",
            f"--tensor-parallel-size={pool.slice.chips_per_host.value}",
            pool.slice.chips_per_host, by_flag,
        ),
        Traced("--dtype=bfloat16", literal(
            "", "vllm/dtype", "TPUs compute in bfloat16; half is not supported there").origin),
    ]  # fmt: skip
    length = _max_model_len(model, row)
    if length is not None:
        flags.append(text("--max-model-len={}", length, why="prompt plus answer, in tokens"))
    for flag, file in (("--ssl-certfile", "tls.crt"), ("--ssl-keyfile", "tls.key")):
        value = f"{flag}={tls.value}/{file}"
        why = "the certificate that KServe mounts"
        flags.append(computed(flag, why, value, tls, serves_tls))
    return [*flags, *model.args]


def _max_model_len(model: Model, row: Row | None) -> Traced[int] | None:
    if model.maxModelLen.value is not None:
        return Traced(model.maxModelLen.value, model.maxModelLen.origin)
    context = row.get("max_context") if row else None
    if context is None:
        return None
    why = "the context the model was trained for"
    return computed("context", why, context.value, context, model.model, model.maxModelLen)


def _load_gib(model: Model, row: Row | None) -> Traced[float]:
    """GiB of weights; unknown models count as large."""
    size = row.get("load_bytes") if row else None
    if size is None:
        why = "the catalogue does not know this model: taken as 64 GiB"
        return computed("weights", why, 64.0, model.model)
    why = "what the published checkpoint weighs"
    return computed("weights", why, size.value / GIB, size, model.model)


def _memory(load: Traced[float], catalog: Catalog) -> Traced[str]:
    base = catalog.sizing("model-server").value("memory_base_gib")
    gib = base.value + math.ceil(2 * load.value)
    why = "weights twice over while they are loaded, plus the server"
    return computed("base + 2 x weights", why, f"{gib}Gi", base, load)


def _storage(load: Traced[float], catalog: Catalog) -> Traced[str]:
    base = catalog.sizing("model-server").value("storage_base_gib")
    gib = base.value + math.ceil(1.2 * load.value)
    why = "the download lands on the node's disk"
    return computed("base + 1.2 x weights", why, f"{gib}Gi", base, load)


def _startup(load: Traced[float], catalog: Catalog) -> tuple[Traced[int], Traced[int]]:
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
