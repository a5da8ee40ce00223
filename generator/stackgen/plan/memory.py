"""Memory of the chips or GPUs: what weights and KV cache take, and the context that fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import (
    Traced,
    computed,
    given_or,
    known,
    literal,
    picked,
    reasoned,
    rounded,
)
from stackgen.plan.devices import Devices
from stackgen.plan.dimensions import Dimensions
from stackgen.plan.engine_memory import EngineMemory, engine_memory, trial_gib
from stackgen.plan.fit import (
    GIB,
    Fit,
    FitInput,
    budget_gib,
    cached_tokens,
    fit,
    fullest_stages_gib,
    kv_bytes_per_token,
)
from stackgen.plan.flags import number, share, typed
from stackgen.plan.parallelism import Parallelism
from stackgen.record import record
from stackgen.spec.kv_layers import KvGroup
from stackgen.spec.serving import Model

UTILIZATION = "--gpu-memory-utilization"
CONTEXT_STEP = 128  # a few context is a round number


@record
class HbmFit:
    """The arithmetic of one model on its devices, as plain numbers and traced.

    engine: what the engine takes. weights, budget, spare: GiB. concurrency: sequences asked for,
    None when nothing is asked.
    """

    given: FitInput
    result: Fit
    engine: EngineMemory
    weights: Traced[float]
    budget: Traced[float]
    spare: Traced[float]
    kv_bytes: Traced[int]
    kv_tokens: Traced[int]
    sequences: Traced[float]
    concurrency: Traced[int] | None


# Names and GiB of what is in the memory besides the model, by the bytes of KV cache of a token.
Beside = Callable[[Traced[int]], Sequence[tuple[str, Traced[float]]]]


def hbm_fit(
    model: Model, image: Traced[str], size: Dimensions, spread: Parallelism, devices: Devices,
    catalog: Catalog, beside: Beside,
) -> HbmFit | None:  # fmt: skip
    """How the model fits, whatever its context; None where its size is not known.

    beside: what else is in the memory, by the bytes of KV cache of a token.
    """
    hbm = devices.usable_gib
    layers, heads = size.layers, size.attention_heads
    kv_heads, dim, weights = size.kv_heads, size.head_dim, size.weight_bytes
    if hbm is None or not (layers and heads and kv_heads and dim and weights):
        return None
    engine = engine_memory(devices.kind, image.value, catalog)

    why = "its version decides" if engine.known else "not known; a conservative assumption"
    version = computed("engine", why, lambda *_: engine.engine, *engine.inputs, image)

    def of_engine(field: str) -> Traced[Any]:
        return picked(field, f"of {engine.engine}", engine.row.value(field), version)

    utilisation: Traced[Any] = share(model.args, UTILIZATION) or of_engine("utilisation")
    reserve = _reserve(model, size, spread, hbm, engine, of_engine)
    element = _kv_bytes(model, of_engine("kv_bytes_per_element"))
    chips, tensor, pipeline = spread.chips, spread.tensor, spread.pipeline
    given = computed(
        "fit", "", partial(FitInput, lanes=devices.lanes, unit=devices.unit),
        weights, layers, heads, kv_heads, dim, chips, tensor, hbm, element, utilisation, reserve,
        pipeline=pipeline,
    ).value  # fmt: skip
    given = replace(given, kv_groups=tuple(group.value for group in size.kv_groups))
    per_token = _token(size, layers, kv_heads, dim, spread, element, devices.lanes)
    others = beside(per_token)
    given = replace(given, beside=tuple((what, gib.value) for what, gib in others))
    budget = computed(
        f"{devices.unit}s x usable GiB x utilisation", "memory the engine may use", budget_gib,
        chips, hbm, utilisation,
    )  # fmt: skip
    budget, in_gib = rounded(budget, 2), rounded(_in_gib(weights, layers, pipeline), 2)
    spare = computed(
        f"budget - weights - reserve x {devices.unit}s", "what is left for the KV cache",
        lambda budget, weights, reserve, chips, *others: (
            budget - weights - reserve * chips - sum(others)
        ),
        budget, in_gib, reserve, chips, *(gib for _, gib in others),
    )  # fmt: skip
    spare = rounded(spare, 2)
    tokens = computed(
        "left / bytes of a token", "tokens that the cache holds", cached_tokens, spare, per_token
    )
    unasked = picked("sequences", "no context is known", literal(0.0, "plan/fit", "none"), tokens)
    return HbmFit(
        given, fit(given), engine, in_gib, budget, spare, per_token, tokens, unasked, None
    )


def _reserve(
    model: Model, size: Dimensions, spread: Parallelism, hbm: Traced[float], engine: EngineMemory,
    of_engine: Callable[[str], Traced[Any]],
) -> Traced[float]:  # fmt: skip
    """GiB of each device that are neither weights nor cache."""
    if size.vocabulary is None or "activation" not in engine.row.data:
        return of_engine("reserve_gib_per_chip")
    asked = number(model.args, "--max-num-seqs")
    return computed(
        "base + copies x sequences x vocabulary x 4 bytes + context", "peak of the trial run",
        trial_gib, of_engine("activation"), size.vocabulary, hbm, spread.tensor,
        *([] if asked is None else [asked]),
    )  # fmt: skip


def _token(
    size: Dimensions, layers: Traced[int], kv_heads: Traced[int], dim: Traced[int],
    spread: Parallelism, element: Traced[Any], lanes: int,
) -> Traced[int]:  # fmt: skip
    """Bytes of KV cache for one token."""
    tensor, pipeline, why = spread.tensor, spread.pipeline, "KV cache of one token"
    if size.kv_groups:
        return computed(
            "sum over the groups of layers", why,
            lambda groups, layers, tensor, pipeline, element: kv_bytes_per_token(
                groups, layers, tensor, pipeline, element, lanes
            ),
            size.kv_groups, layers, tensor, pipeline, element,
        )  # fmt: skip
    return computed(
        "2 x layers x max(KV heads, tensor) x padded head x bytes", why,
        lambda layers, kv_heads, tensor, pipeline, dim, element: kv_bytes_per_token(
            [KvGroup(layers, kv_heads, dim)], layers, tensor, pipeline, element, lanes
        ),
        layers, kv_heads, tensor, pipeline, dim, element,
    )  # fmt: skip


def _in_gib(weights: Traced[Any], layers: Traced[Any], pipeline: Traced[int]) -> Traced[float]:
    """The weights in GiB, the stages of a pipeline all taken to be as full as the fullest."""
    if pipeline.value == 1:
        return computed("bytes / 2^30", "GiB", lambda n, _: n / GIB, weights, pipeline)
    name = "bytes / layers x layers of the fullest stage x stages / 2^30"
    why = "the fullest stage of the pipeline runs out of memory first"
    return computed(name, why, fullest_stages_gib, weights, layers, pipeline)


def _kv_bytes(model: Model, usual: Traced[Any]) -> Traced[Any]:
    """Bytes of a cached number: 1 under `--kv-cache-dtype=fp8...`."""
    asked = typed(model.args, "--kv-cache-dtype")
    if asked is not None and asked.value.startswith("fp8"):
        return picked("1 byte", "fp8 KV cache", literal(1, "plan/fp8", "of 8 bits"), asked)
    return usual


def max_model_len(model: Model, size: Dimensions, hbm: HbmFit | None) -> Traced[int] | None:
    """The user's length; else the model's context, or what of it the cache holds."""
    if size.max_context is None:
        return known(model.maxModelLen)
    tokens = () if hbm is None else (hbm.kv_tokens,)
    return given_or(model.maxModelLen, reasoned(_context, size.max_context, model.model, *tokens))


def _context(trained: int, _model: str, tokens: int | None = None) -> tuple[int, str, str]:
    """The context the model was trained for, or as many of `tokens` as make a round number."""
    if tokens is None:
        return trained, "context", "the context length of the model"
    held = tokens // CONTEXT_STEP * CONTEXT_STEP
    if 0 < held < trained:
        why = f"the KV cache holds {tokens} tokens, which is less than the context length"
        return held, "what the KV cache holds", why
    fits = "which fits in the KV cache" if held else "which does not fit in the KV cache"
    return trained, "context", f"the context length of the model, {fits}"


def at_length(hbm: HbmFit, length: Traced[int] | None, asked: Traced[int] | None) -> HbmFit:
    """The same fit, at the length and concurrency asked for."""
    if length is None:
        return replace(hbm, concurrency=asked)
    given = replace(hbm.given, max_model_len=length.value)
    result = fit(given)
    sequences = computed(
        "tokens / length", "requests of the maximum length in parallel",
        lambda tokens, length: round(tokens / length, 1), hbm.kv_tokens, length,
    )  # fmt: skip
    return replace(hbm, given=given, result=result, sequences=sequences, concurrency=asked)
