"""Model servers: image, command line, host resources and start-up budget."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed, literal, text
from stackgen.plan.flags import typed
from stackgen.plan.model import ModelPlan, PoolPlan, Release, Server
from stackgen.plan.server import (
    Configs,
    chosen_or,
    host_memory,
    host_storage,
    load_gib,
    model_id,
    server_of,
    startup,
)
from stackgen.plan.slices import Slice
from stackgen.spec.serving import Model


def model_plan(
    model: Model, pool: PoolPlan, release: Release, catalog: Catalog, configs: Configs
) -> ModelPlan:
    """The server of one model on its pool."""
    pool = _chosen(pool, model.nodePool)
    assert pool.slice is not None
    server = server_of(model, pool.slice, catalog, configs)
    load = load_gib(model, server)
    period, failures = startup(load, catalog)
    return ModelPlan(
        spec=model,
        pool=pool,
        server=server,
        served_name=_served_name(model),
        image=_image(model, release),
        flags=tuple(_flags(model, server, release)),
        cpu=chosen_or(model.resources.cpu, catalog.sizing("model-server").value("cpu")),
        memory=host_memory(model, load, catalog),
        ephemeral_storage=host_storage(load, catalog),
        startup_period=period,
        startup_failures=failures,
        load_gib=load,
    )


def _chosen(pool: PoolPlan, by: Traced[str]) -> PoolPlan:
    """The pool as the model sees it: whatever comes of it also depends on the choice."""
    shape = pool.slice
    assert shape is not None

    def along(value: Traced[Any]) -> Traced[Any]:
        return computed("of the node pool", "the model's node pool", value.value, value, by)

    env = {name: along(value) for name, value in shape.env.items()}
    others = {f.name: along(getattr(shape, f.name)) for f in fields(Slice) if f.name != "env"}
    return replace(pool, slice=Slice(**others, env=env))


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


def _flags(model: Model, server: Server, release: Release) -> list[Traced[str]]:
    """vLLM's command line. What the user may choose differently is left to a flag of theirs."""
    tls = release.value("kserve", "tls_mount")
    serves_tls = release.quirk("serves-tls")
    flags = [
        text("--model={}", release.value("kserve", "model_mount"), why="where the model is put"),
        computed(
            "--served-model-name", "the model id that clients send",
            f"--served-model-name={_served_name(model).value}",
            _served_name(model), release.quirk("served-name"),
        ),
        text("--port={}", release.value("kserve", "port"), why="the port KServe routes to"),
    ]  # fmt: skip
    if not server.spread.typed:
        tensor = server.spread.tensor
        flags.append(computed(
            "--tensor-parallel-size", tensor.origin.why,
            f"--tensor-parallel-size={tensor.value}",
            tensor, release.quirk("tensor-parallel-by-flag"),
        ))  # fmt: skip
    if typed(model.args, "--dtype") is None:
        flags.append(
            Traced(
                "--dtype=bfloat16",
                literal(
                    "", "vllm/dtype", "TPUs compute in bfloat16; half is not supported there"
                ).origin,
            )
        )
    length = server.max_model_len
    if length is not None:
        flags.append(text("--max-model-len={}", length, why="prompt plus answer, in tokens"))
    if model.concurrency.value is not None:
        asked = Traced(model.concurrency.value, model.concurrency.origin)
        flags.append(text("--max-num-seqs={}", asked, why="sequences at the same time"))
    for flag, file in (("--ssl-certfile", "tls.crt"), ("--ssl-keyfile", "tls.key")):
        value = f"{flag}={tls.value}/{file}"
        why = "the certificate that KServe mounts"
        flags.append(computed(flag, why, value, tls, serves_tls))
    return [*flags, *model.args]
