"""Memory of the chips or GPUs: what weights and KV cache take, and the context that fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed
from stackgen.plan.devices import Devices
from stackgen.plan.dimensions import Dimensions
from stackgen.plan.fit import Fit, FitInput, fit
from stackgen.plan.flags import share, typed
from stackgen.plan.parallelism import Parallelism
from stackgen.record import record
from stackgen.spec.serving import Model

CONTEXT_STEP = 128  # a shortened context is a round number


@record
class HbmFit:
    """The arithmetic of one model on its devices, as plain numbers and traced.

    weights, budget, spare: GiB. concurrency: sequences asked for, None when nothing is asked.
    """

    given: FitInput
    result: Fit
    weights: Traced[float]
    budget: Traced[float]
    spare: Traced[float]
    kv_bytes: Traced[int]
    kv_tokens: Traced[int]
    sequences: Traced[float]
    concurrency: Traced[int] | None


def hbm_fit(
    model: Model, size: Dimensions, spread: Parallelism, devices: Devices, catalog: Catalog
) -> HbmFit | None:
    """How the model fits, whatever its context; None where its size is not known."""
    hbm = devices.usable_gib
    layers, heads = size.layers, size.attention_heads
    kv_heads, dim, weights = size.kv_heads, size.head_dim, size.weight_bytes
    if hbm is None or not (layers and heads and kv_heads and dim and weights):
        return None
    row = catalog.sizing(devices.sizing["memory"])
    utilisation: Traced[Any] = share(model.args, "--gpu-memory-utilization") or row.value(
        "utilisation"
    )
    reserve = row.value("reserve_gib_per_chip")
    element = _kv_bytes(model, row.value("kv_bytes_per_element"))
    given = FitInput(
        weights.value, layers.value, heads.value, kv_heads.value, dim.value, spread.chips.value,
        spread.tensor.value, hbm.value, element.value, utilisation.value, reserve.value,
        lanes=devices.lanes, unit=devices.unit, pipeline=spread.pipeline.value,
    )  # fmt: skip
    result = fit(given)
    chips = spread.chips
    budget = computed(
        f"{devices.unit}s x usable GiB x utilisation", "memory the engine may use",
        round(result.budget_gib, 2), chips, hbm, utilisation,
    )  # fmt: skip
    in_gib = _in_gib(weights, layers, spread.pipeline, result.weights_gib)
    spare = computed(
        f"budget - weights - reserve x {devices.unit}s", "what is left for the KV cache",
        round(result.spare_gib, 2), budget, in_gib, reserve, chips,
    )  # fmt: skip
    per_token = computed(
        "2 x layers x max(KV heads, tensor) x padded head x bytes", "KV cache of one token",
        result.kv_bytes_per_token, layers, kv_heads, spread.tensor, spread.pipeline, dim, element,
    )  # fmt: skip
    tokens = computed(
        "left / bytes of a token", "tokens that the cache holds", result.kv_tokens, spare, per_token
    )
    return HbmFit(
        given, result, in_gib, budget, spare, per_token, tokens,
        computed("sequences", "no context is known", 0.0, tokens), None,
    )  # fmt: skip


def _in_gib(
    weights: Traced[Any], layers: Traced[Any], pipeline: Traced[int], gib: float
) -> Traced[float]:
    """The weights in GiB, the stages of a pipeline all taken to be as full as the fullest."""
    if pipeline.value == 1:
        return computed("bytes / 2^30", "GiB", round(gib, 2), weights, pipeline)
    name = "bytes / layers x layers of the fullest stage x stages / 2^30"
    why = "the fullest stage of the pipeline runs out of memory first"
    return computed(name, why, round(gib, 2), weights, layers, pipeline)


def _kv_bytes(model: Model, usual: Traced[Any]) -> Traced[Any]:
    """Bytes of a cached number: 1 under `--kv-cache-dtype=fp8...`."""
    asked = typed(model.args, "--kv-cache-dtype")
    if asked is not None and asked.value.startswith("fp8"):
        return computed("1 byte", "fp8 KV cache", 1, asked)
    return usual


def max_model_len(model: Model, size: Dimensions, hbm: HbmFit | None) -> Traced[int] | None:
    """The user's length; else the model's context, or what of it the cache holds."""
    if model.maxModelLen.value is not None:
        return Traced(model.maxModelLen.value, model.maxModelLen.origin)
    context = size.max_context
    if context is None:
        return None
    inputs: tuple[Traced[Any], ...] = (context, model.model, model.maxModelLen)
    if hbm is None:
        return computed("context", "the context the model was trained for", context.value, *inputs)
    held = hbm.kv_tokens.value // CONTEXT_STEP * CONTEXT_STEP
    if 0 < held < context.value:
        why = f"the KV cache holds {hbm.kv_tokens.value} tokens, the model's context is longer"
        return computed("what the KV cache holds", why, held, *inputs, hbm.kv_tokens)
    why = "the context the model was trained for fits the KV cache"
    return computed("context", why, context.value, *inputs, hbm.kv_tokens)


def at_length(hbm: HbmFit, length: Traced[int] | None, asked: Traced[int] | None) -> HbmFit:
    """The same fit, at the length and concurrency asked for."""
    if length is None:
        return replace(hbm, concurrency=asked)
    given = replace(hbm.given, max_model_len=length.value)
    result = fit(given)
    sequences = computed(
        "tokens / length", "sequences of full length at once",
        round(result.sequences, 1), hbm.kv_tokens, length,
    )  # fmt: skip
    return replace(hbm, given=given, result=result, sequences=sequences, concurrency=asked)
