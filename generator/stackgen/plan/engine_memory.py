"""What an engine takes of a device's memory: it depends on the version in the image.

The rows of sizing.yaml that begin with `tpu-memory-` and `gpu-memory-` say it by version. For an
engine that none of them has, `tpu-memory` and `gpu-memory` are a conservative assumption.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stackgen.catalog.engines import sometimes_unread, unread_variables
from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.engines import of_image
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.origin import Traced
from stackgen.plan.fit import GIB
from stackgen.record import record

_FLOAT32 = 4  # bytes
_JAX = "jax"  # the backend of the images that are named like the engine vllm-tpu


@record
class EngineMemory:
    """row: of sizing.yaml. engine: the engine as far as the image says, for messages.

    known: the row is about this version. inputs: values of the catalog that led to it.
    """

    row: Row
    engine: str
    known: bool
    inputs: tuple[Traced[Any], ...]


def engine_memory(kind: str, image: str, catalog: Catalog) -> EngineMemory:
    """What the engine in `image` takes on a kind of accelerator, tpu or gpu."""
    name, version, _ = of_image(image, catalog)
    listed = listed_image(image, catalog)
    backend = backend_of(image, catalog)
    shown = f"vLLM {version}{f' on {backend}' if backend else ''}" if version else image
    said = () if listed is None else tuple(
        value for field in ("vllm", "vllm_of_digests", "backend")
        if (value := listed.get(field)) is not None
    )  # fmt: skip
    if version and name.startswith("vllm"):
        tried = catalog.copy()
        for key in tried.names("sizing"):
            if key.startswith(f"{kind}-memory-") and _is_about(tried.sizing(key), version, backend):
                row = catalog.sizing(key)
                fields = [("versions", 0), ("versions", 1), ("backend",)]
                found = (row.get(*path) for path in fields)
                return EngineMemory(row, shown, True, (*said, *(v for v in found if v is not None)))
    return EngineMemory(catalog.sizing(f"{kind}-memory"), shown, False, said)


def backend_of(image: str, catalog: Catalog) -> str:
    """The TPU backend in an image: torch_xla, jax or torchtpu; "" when it is not known."""
    listed = listed_image(image, catalog)
    if listed is not None and "backend" in listed.data:
        return str(listed.data["backend"])
    return _JAX if of_image(image, catalog)[0] == "vllm-tpu" else ""


def read_by(image: Traced[str], name: str, catalog: Catalog) -> Traced[bool] | None:
    """Whether a program in the image reads a variable of the device; None where all do.

    True for an image whose backend is not known.
    """
    if name not in sometimes_unread():
        return None
    why = "packages of the backend in the image name it, or are not known"

    def read(text: str) -> bool:
        return name not in unread_variables(backend_of(text, catalog.copy()))

    return image.map("read", why, read)


def listed_image(image: str, catalog: Catalog) -> Row | None:
    """The row of an image in the catalog."""
    try:
        reference = image_reference(image)
    except ImageReferenceError:
        return None
    return catalog.image(reference.name, reference.tag)


def _is_about(row: Row, version: str, backend: str) -> bool:
    """Whether a row is about a version: from the first to the last, which covers its patches."""
    if row.data.get("backend", backend) != backend:
        return False
    first, last = (numbers(text) for text in row.data["versions"])
    own = numbers(version)
    return first <= own and own[: len(last)] <= last


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, which compare as the versions do."""
    return tuple(int(digits) for digits in re.findall(r"[0-9]{1,9}", version)[:4])


def trial_gib(
    activation: Mapping[str, Any], vocabulary: int, memory_gib: float, tensor: int,
    sequences: int | None = None,
) -> float:  # fmt: skip
    """GiB of each GPU that the trial run of an engine takes besides the weights.

    activation: of the engine's row. memory_gib: of a GPU. sequences: `--max-num-seqs`, if given.
    """
    small = memory_gib < activation["small_below_gib"]
    usual: int = activation["sequences_small" if small else "sequences"]
    logits = activation["logits_copies"] * (sequences or usual) * vocabulary * _FLOAT32 / GIB
    context = activation["context_gib_several" if tensor > 1 else "context_gib"]
    return float(round(activation["base_gib"] + logits + context + activation["graphs_gib"], 2))
