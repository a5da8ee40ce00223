"""What a plan says of adapters, KV offload and speculative decoding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced
from stackgen.plan.adapters import rank_of
from stackgen.plan.engine_features import ADAPTERS, KV_OFFLOAD, SPECULATIVE, Support, support
from stackgen.plan.model import ModelPlan


def features(model: ModelPlan, catalog: Catalog) -> Iterator[str]:
    """A line for each feature that the model has, and what was not run on hardware."""
    server, spec = model.server, model.spec

    def of(feature: str) -> Support:
        return support(feature, server.image.value, server.devices.kind, catalog.copy())

    found, draft, offload = server.adapters, server.draft, server.offload
    if found is not None:
        names = ", ".join(adapter.name.value for adapter in spec.adapters)
        held = _gib(found.hbm_gib)
        waiting = found.kept.value - found.slots.value
        rest = f"; {waiting} more in host memory" if waiting else ""
        yield (
            f"adapters: {names}; {found.slots.value} in HBM with rank {found.rank.value}: {held}"
            f"{rest}"
        )
        usual = of(ADAPTERS).row.data["default_rank"]
        for adapter in spec.adapters:
            if rank_of(adapter, catalog) is None:
                yield f"adapters: the rank of {adapter.name.value} is assumed: {usual}; set `rank`"
        yield _status(of(ADAPTERS))
    if offload is not None:
        chunks = dict(server.variables).get(offload.chunks)
        blocks = "" if chunks is None or offload.block is None else (
            f", {chunks.value} blocks of {offload.block.value} tokens"
        )  # fmt: skip
        yield f"KV offload: {offload.gib.value:g} GiB of host memory{blocks}"
        yield _status(of(KV_OFFLOAD))
    if draft is not None:
        assumed = "" if draft.sized or draft.gib is None else ", assumed; set `params`"
        layers = "" if draft.kv_known else "; its KV cache is not counted"
        yield (
            f"speculative decoding: {spec.speculative.method.value}, "
            f"{spec.speculative.tokens.value} tokens; draft model "
            f"{_gib(draft.gib)}{assumed}{layers}; "
            "throughput and latency are computed without it"
        )
        yield _status(of(SPECULATIVE))


def content(model: ModelPlan) -> dict[str, Any]:
    """The same as JSON; null for what is not known, or not there."""
    found, draft, offload = model.server.adapters, model.server.draft, model.server.offload
    return {
        "adapters": None if found is None else {
            "names": [adapter.name.value for adapter in model.spec.adapters],
            "rank": found.rank.value, "inHbm": found.slots.value, "hbmGiB": _number(found.hbm_gib),
        },
        "kvOffload": None if offload is None else {"memoryGiB": offload.gib.value},
        "speculative": None if draft is None else {
            "method": model.spec.speculative.method.value,
            "tokens": model.spec.speculative.tokens.value, "draftGiB": _number(draft.gib),
        },
    }  # fmt: skip


def _gib(given: Traced[float] | None) -> str:
    return "memory not known, and not counted" if given is None else f"{given.value:.2f} GiB"


def _number(given: Traced[float] | None) -> float | None:
    return None if given is None else round(given.value, 2)


def _status(found: Support) -> str:
    return f"UNVERIFIED on hardware by stackgen; tested upstream: {found.row.data['tested']}"
