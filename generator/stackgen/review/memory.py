"""What the change does to the memory of each model: fit and KV cache of both sides.

Only stacks have a plan that says so; nothing is said of trees without a spec.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.plan.fit import GIB
from stackgen.plan.model import ModelPlan
from stackgen.review.model import Memory, Side

# What is shown of a model, with its unit; the order of the report.
WEIGHTS, CACHE, TOKENS = "weights (GiB)", "KV cache (GiB)", "KV tokens"
LENGTH, SEQUENCES = "max model len", "max concurrency"


def memory(old: Side, new: Side) -> tuple[Memory, ...]:
    """The figures of each model that differ, by model; a model may be on one side only."""
    before, after = dict(_models(old)), dict(_models(new))
    found = []
    for name in [*before, *(n for n in after if n not in before)]:
        sides = before.get(name), after.get(name)
        for figure in (WEIGHTS, CACHE, TOKENS, LENGTH, SEQUENCES):
            values = [None if side is None else side[figure] for side in sides]
            if values[0] != values[1]:
                there = (sides[0] is not None, sides[1] is not None)
                found.append(Memory(name, figure, values[0], values[1], there))
    return tuple(found)


def _models(side: Side) -> Iterator[tuple[str, dict[str, float | None]]]:
    plan = side.compiled.plan if side.compiled is not None else None
    for model in plan.models if plan is not None else ():
        yield model.spec.name.value, _figures(model)


def _figures(model: ModelPlan) -> dict[str, float | None]:
    server = model.server
    hbm, length = server.hbm, server.max_model_len
    known = server.size.weight_bytes
    weights = None if known is None else known.value / GIB
    return {
        WEIGHTS: None if weights is None else round(weights, 1),
        CACHE: None if hbm is None else round(hbm.result.spare_gib, 1),
        TOKENS: None if hbm is None else hbm.kv_tokens.value,
        LENGTH: None if length is None else length.value,
        SEQUENCES: None if hbm is None or length is None else hbm.sequences.value,
    }
