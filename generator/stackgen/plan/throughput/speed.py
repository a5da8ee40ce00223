"""What is known of the speed of a planned server, and how it is known."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.engines import of_image
from stackgen.origin import Traced, computed, known, picked
from stackgen.plan.dimensions import model_id
from stackgen.plan.engine_memory import listed_image
from stackgen.plan.model import Server as PlannedServer
from stackgen.plan.throughput.anchors import beyond, is_at, nearest
from stackgen.plan.throughput.load import Speed
from stackgen.plan.throughput.measured import comparable, newest, traced_anchor, versions
from stackgen.plan.throughput.roofline import Constants, Lengths, Server
from stackgen.record import record
from stackgen.spec.serving import Model

MEASURED, INTERPOLATED, ESTIMATED = "measured", "interpolated", "estimated"
_OTHER = "other"
_TPU_BACKENDS = ("", "jax", "torch_xla")


@record
class Known:
    """The speed of a server, and the measurements that it rests on.

    same: the anchors are of the version of the engine. about: what a basis says of model, chips,
    engine and measurements. errors: the row of roofline.yaml about the accuracy of estimates.
    estimate: the name of its spread.
    """

    speed: Traced[Speed]
    same: bool
    about: str
    errors: Row
    estimate: str


@record
class Basis:
    """How a figure is known, and how far from what was measured.

    spread: the factor, up and down, within which 9 of 10 comparable figures were.
    """

    kind: str
    why: str
    spread: float


def speed_of(model: Model, server: PlannedServer, catalog: Catalog) -> Known | str:
    """The speed of `server` under the traffic of `model`, which has lengths; or why not known."""
    traffic = model.traffic
    prompt, answer = known(traffic.inputTokens), known(traffic.outputTokens)
    assert prompt is not None and answer is not None
    hbm, devices = server.hbm, server.devices
    chip = catalog.accelerator(devices.accelerator.value)
    if hbm is None or chip is None or server.size.params is None:
        lacking = ", ".join(server.size.missing) or "params"
        return f"the size of the model is not known: {lacking}"
    if chip.get("hbm_gb_per_s") is None or chip.get("bf16_tflops") is None:
        return f"memory bandwidth and peak of {devices.accelerator.value} are not known"
    if not hbm.result.fits:
        return "the weights do not fit in the memory"
    if hbm.kv_tokens.value < prompt.value + answer.value:
        held = f"{hbm.kv_tokens.value:,} tokens"
        return f"the KV cache holds {held}; a request has {prompt.value + answer.value:,}"
    lengths = computed("tokens", "of a request", Lengths, prompt, answer, traffic.prefixShare)
    name, version = engine_of(server.image.value, devices.kind, catalog)
    engines = catalog.roofline("engines")
    made, sparse = _server(model, server, chip, name, engines, catalog)
    constants = constants_of(catalog, devices.accelerator.value, name, sparse)
    chunk = _at(engines, "max_num_batched_tokens", name)
    each = hbm.weights.value * 2**30 / server.size.params.value
    identity = catalog.current_id(model_id(model.model.value))
    chips = made.value.chips
    found = comparable(
        catalog, identity, devices.accelerator.value, chips, name, each,
        hbm.given.kv_bytes_per_element,
    )  # fmt: skip
    same = [p for p in found if version and p.version == version]
    traced = [traced_anchor(p, made, constants, chunk) for p in same or newest(found)]
    speed = computed(
        "roofline scaled to measured points" if found else "roofline",
        "a step: a constant + weights and KV cache / bandwidth; a prompt: 2 x parameters x tokens "
        "/ peak",
        Speed, made, lengths, constants, chunk, [a for a in traced if a is not None],
    )  # fmt: skip
    engine = f"{name} {version}".strip()
    where = f"{identity} on {devices.accelerator.value} x {chips}"
    about, estimate = _about(where, engine, versions(found), devices.accelerator, name, catalog)
    if made.value.stages > 1 and not found:
        about, estimate = f"{about}; no pipeline over several hosts is measured", "accelerator"
    return Known(speed, bool(same), about, catalog.roofline("errors"), estimate)


def engine_of(image: str, kind: str, catalog: Catalog) -> tuple[str, str]:
    """Engine and version as rows of throughput.yaml name them.

    On TPUs, vLLM runs with the backends of vllm-tpu, or with one of another name. An image that
    does not say its engine is one of its own, whose version is the tag.
    """
    name, version, _ = of_image(image, catalog)
    if kind == "tpu" and name.startswith("vllm"):
        row = listed_image(image, catalog)
        backend = str(row.data.get("backend", "")) if row is not None else ""
        name = "vllm-tpu" if backend in _TPU_BACKENDS else f"vllm-{backend}"
    if not name:
        repository, _, tag = image.partition("@")[0].rpartition(":")
        name, version = (repository, tag) if repository and "/" not in tag else (image, "")
    return name, version


def _server(
    model: Model, server: PlannedServer, chip: Row, engine: str, engines: Row, catalog: Catalog
) -> tuple[Traced[Server], bool]:
    """What the roofline needs, and whether the model is sparse."""
    hbm, size = server.hbm, server.size
    assert hbm is not None and size.params and size.layers
    assert size.attention_heads and size.head_dim
    active = size.active_params or size.params
    each = hbm.weights.value * 2**30 / size.params.value
    narrow = chip.get("fp8_tflops") is not None and each < 1.5
    most = _at(engines, "max_num_seqs", engine)
    if server.concurrency is not None:
        most = picked("sequences", "of the spec", server.concurrency, most)
    made = computed(
        "server", "chips, weights and KV cache", _made, server.spread.chips,
        chip.value("hbm_gb_per_s"), chip.value("fp8_tflops" if narrow else "bf16_tflops"),
        hbm.weights, size.params, active, size.layers, size.attention_heads, size.head_dim,
        hbm.kv_bytes, hbm.kv_tokens, most, server.spread.pipeline,
    )  # fmt: skip
    return made, size.active_params is not None


def _made(
    chips: int, gb_per_s: float, tflops: float, weights_gib: float, params: float, active: float,
    layers: int, heads: int, dim: int, kv_bytes: float, kv_tokens: int, most: int, stages: int,
) -> Server:  # fmt: skip
    return Server(
        chips, gb_per_s * 1e9, tflops * 1e12, weights_gib * 2**30, params, active, layers,
        heads * dim, kv_bytes, kv_tokens, most, stages,
    )  # fmt: skip


def constants_of(
    catalog: Catalog, accelerator: str, engine: str, sparse: bool
) -> Traced[Constants]:
    """The constants of the fit for an accelerator, an engine and a kind of model."""
    kind = "sparse" if sparse else "dense"
    row = catalog.roofline("gpu-constants" if _is_gpu(accelerator, catalog) else "constants")
    return computed(
        "constants of the roofline", "fitted to measured points; assumed for GPUs",
        lambda weights, cache, prompt, step, factor, overlap, slower: Constants(
            weights, cache, prompt, step * factor / 1000, overlap, slower
        ),
        row.value("weights"), row.value("cache"), row.value("prompt", kind),
        _at(row, "step_ms", accelerator), row.value("step_factor", kind),
        _at(row, "overlap", engine), _at(row, "slower", engine),
    )  # fmt: skip


def _is_gpu(accelerator: str, catalog: Catalog) -> bool:
    row = catalog.accelerator(accelerator)
    return row is not None and row.data["kind"] == "gpu"


def _at(row: Row, field: str, name: str) -> Traced[Any]:
    return row.value(field, name if name in row.data[field] else _OTHER)


def _about(
    where: str, engine: str, measured: str, accelerator: Traced[str], name: str, catalog: Catalog
) -> tuple[str, str]:
    """What an estimate says of itself, and which spread it has."""
    if measured:
        return f"{where} is measured with {name} {measured}; the image has {engine}", "model"
    chips = accelerator.value
    others = sum(f"/{chips}-" in key for key in catalog.names("throughput"))
    fitted = chips in catalog.roofline("constants").data["step_ms"]
    if _is_gpu(chips, catalog):
        return f"nothing is measured on {chips}; the constants of GPUs are assumed", "accelerator"
    if not fitted:
        return f"nothing is measured on {chips}; fitted to other accelerators", "accelerator"
    text = f"{where} is not measured; fitted to {others} points of other models on {chips}"
    if name not in catalog.roofline("constants").data["overlap"]:
        return f"{text}; {engine} is not measured either", "accelerator"
    return text, "model"


def basis(known: Known, running: float) -> Basis:
    """How figures at a number of running sequences are known."""
    speed, spread = known.speed.value, known.errors.data["spread"]
    anchors, lengths = speed.anchors, speed.lengths
    if not anchors:
        return Basis(ESTIMATED, known.about, spread[known.estimate])
    close = nearest(anchors, lengths, running)
    if not known.same:
        return Basis(ESTIMATED, f"{known.about}; nearest point: {close.label}", spread["model"])
    if is_at(close, lengths, running):
        return Basis(MEASURED, close.label, spread["measured"])
    outside = beyond(anchors, lengths, running)
    if outside:
        far = ", ".join(f"{factor:.2g} x the {what}" for what, factor in outside.items())
        return Basis(ESTIMATED, f"{far} of the nearest point: {close.label}", spread["model"])
    count = len(anchors)
    return Basis(
        INTERPOLATED, f"between {count} points; nearest: {close.label}", spread["interpolated"]
    )


def worse(one: Basis, other: Basis) -> Basis:
    """The basis that is farther from what was measured, of two that a figure rests on."""
    order = (MEASURED, INTERPOLATED, ESTIMATED)
    return max(one, other, key=lambda basis: (order.index(basis.kind), basis.spread))


def latency_basis(known: Known, running: float, metric: str, at: str, open_: bool) -> Basis:
    """How a percentile of a latency is known: like the load, where the points have it too."""
    found, speed = basis(known, running), known.speed.value
    name = metric if metric == "tpot" else "ttft_rate" if open_ else "ttft_users"
    anchors = [a for a in speed.anchors if at in a.ratios.get(name, {})]
    if found.kind == ESTIMATED or not anchors:
        why = found.why if found.kind == ESTIMATED else f"{metric} {at} is not measured"
        return Basis(ESTIMATED, why, max(found.spread, known.errors.data["spread"]["tpot"]))
    return found
