"""LoRA adapters of a server: which rank it allows, and what they take of memory and of the start.

vLLM allocates the matrices of `--max-loras` adapters of `--max-lora-rank` when it starts, for every
linear layer and for the embeddings, whatever the adapters change. Of a layer that is split by its
outputs, each device has the whole first matrix; on TPUs it has both matrices of layers that are
split by their inputs.

Source: vllm-project/vllm vllm/lora/layers; tpu_inference layers/vllm/process_weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed, given_or, known, text
from stackgen.plan.dimensions import Dimensions, model_id
from stackgen.plan.engine_features import ADAPTERS, support, values
from stackgen.plan.fit import GIB
from stackgen.plan.parallelism import Parallelism
from stackgen.record import record
from stackgen.spec.engine_features import Adapter
from stackgen.spec.serving import Model

ELEMENT = 2  # bytes: adapters are bfloat16
Variables = tuple[tuple[str, Traced[str]], ...]


@record
class Adapters:
    """rank, slots, kept: `--max-lora-rank`, `--max-loras` and `--max-cpu-loras`.

    hbm_gib: of all devices; load_gib: what is downloaded. None where the sizes of the model's
    layers are not known. variables: of the environment.
    """

    rank: Traced[int]
    slots: Traced[int]
    kept: Traced[int]
    hbm_gib: Traced[float] | None
    load_gib: Traced[float] | None
    variables: Variables


def adapters_of(
    model: Model, image: Traced[str], size: Dimensions, spread: Parallelism, kind: str,
    catalog: Catalog,
) -> Adapters | None:  # fmt: skip
    """The adapters of a server; None without any."""
    if not model.adapters:
        return None
    row = support(ADAPTERS, image.value, kind, catalog).row
    ranks = [rank_of(adapter, catalog) for adapter in model.adapters]
    rank = computed(
        "max-lora-rank", "the next rank that vLLM allows", _allowed,
        [r for r in ranks if r is not None], row.value("default_rank"), row.value("ranks"), image,
    )  # fmt: skip
    names = [adapter.name for adapter in model.adapters]
    total = computed("adapters", "those of the spec", len, names)
    slots = given_or(model.maxLoras, total)
    kept = computed("max-cpu-loras", "all adapters, and no fewer than in HBM", max, total, slots)
    widths = _widths(size)
    held = load = None
    if widths is not None and size.active_params is None:
        held = computed(
            "layers x widths x rank x adapters x 2 bytes / 2^30", "matrices that vLLM allocates",
            held_gib, *widths, spread.tensor, rank, slots, row.value("whole_rows"),
            [size.vocabulary] if size.vocabulary is not None else [],
        )  # fmt: skip
        load = computed(
            "layers x widths x rank x 2 bytes / 2^30", "adapters as downloaded",
            lambda layers, hidden, inter, heads, kv, dim, ranks, usual, names: sum(
                layers * sum(_dims(hidden, inter, heads * dim, kv * dim)) * each * ELEMENT / GIB
                for each in [*ranks, *[usual] * (len(names) - len(ranks))]
            ),
            *widths, [r for r in ranks if r is not None], rank, names,
        )  # fmt: skip
    return Adapters(rank, slots, kept, held, load, tuple(values(row, "variables").items()))


def rank_of(adapter: Adapter, catalog: Catalog) -> Traced[int] | None:
    """The rank of an adapter: of the spec, else of the catalog; None if it is not known."""
    row = catalog.row("companion", model_id(adapter.model.value))
    listed = row.get("rank") if row is not None else None
    return known(adapter.rank) if listed is None else given_or(adapter.rank, listed)


def _allowed(known_ranks: Sequence[int], usual: int, ranks: Sequence[int], _: str) -> int:
    highest = max(known_ranks, default=usual)
    return next((rank for rank in sorted(ranks) if rank >= highest), max(ranks))


def _widths(size: Dimensions) -> list[Traced[Any]] | None:
    found = [
        size.layers, size.hidden, size.intermediate, size.attention_heads, size.kv_heads,
        size.head_dim,
    ]  # fmt: skip
    wanted = [one for one in found if one is not None]
    return wanted if len(wanted) == len(found) else None


def _dims(hidden: int, intermediate: int, q: int, kv: int) -> tuple[int, int, int, int]:
    """Inputs and outputs of a layer's matrices: of those split by outputs, then by inputs."""
    return 5 * hidden, q + 2 * kv + 2 * intermediate, q + intermediate, 2 * hidden


def held_gib(
    layers: int, hidden: int, intermediate: int, heads: int, kv_heads: int, dim: int, tensor: int,
    rank: int, slots: int, whole_rows: bool, vocabulary: Sequence[int] = (),
) -> float:  # fmt: skip
    """GiB of all devices for `slots` adapters of a rank, in a model of these sizes.

    whole_rows: each device has both matrices of layers that are split by their inputs.
    vocabulary: its size, if it is known.
    """
    whole, split, row_inputs, row_outputs = _dims(
        hidden, intermediate, heads * dim, max(kv_heads, tensor) * dim
    )
    of_layer = whole * tensor + split + row_outputs * tensor
    of_layer += row_inputs * (tensor if whole_rows else 1)
    embeddings = sum(2 * (words + hidden) * tensor for words in vocabulary)
    return (layers * of_layer + embeddings) * rank * slots * ELEMENT / GIB


def adapter_flags(
    model: Model, found: Adapters, mount: Traced[str], by_vllm: Traced[bool]
) -> Iterator[Traced[str]]:
    """vLLM's flags. mount: where volumes and downloads of the platform put adapters.

    by_vllm: vLLM downloads what is on Hugging Face itself.
    """
    names = [adapter.name for adapter in model.adapters]
    why = "the model has adapters"
    yield computed("--enable-lora", why, lambda _: "--enable-lora", names)
    yield text("--max-lora-rank={}", found.rank, why="the highest rank of the adapters")
    yield text("--max-loras={}", found.slots, why="adapters in the memory of the accelerator")
    yield text("--max-cpu-loras={}", found.kept, why="adapters in host memory")
    yield computed("--lora-modules", why, lambda _: "--lora-modules", names)
    for adapter in model.adapters:
        yield computed(
            "adapter", "its name and where it is",
            lambda name, uri, mount, loads: f"{name}={_place(name, uri, mount, loads)}",
            adapter.name, adapter.model, mount, by_vllm,
        )  # fmt: skip


def _place(name: str, uri: str, mount: str, by_vllm: bool) -> str:
    return model_id(uri) if by_vllm and uri.startswith("hf://") else f"{mount}/{name}"
