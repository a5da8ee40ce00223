"""KV cache in host memory: the flags and variables of the engine, and what it takes of memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.facts.quantity import in_gib
from stackgen.origin import Traced, computed, given_or, known, text
from stackgen.plan.dimensions import Dimensions
from stackgen.plan.engine_features import KV_OFFLOAD, support
from stackgen.plan.fit import GIB
from stackgen.plan.flags import number
from stackgen.record import record
from stackgen.spec.serving import Model

BLOCK = "--block-size"


@record
class Offload:
    """gib: host memory of one server. block: tokens of a block, which is what is copied.

    staging: blocks of HBM that copies go through. connector: the value of --kv-transfer-config.
    All three are None where the engine has a flag for the size.
    """

    gib: Traced[float]
    block: Traced[int] | None
    staging: Traced[int] | None
    connector: Traced[str] | None
    chunks: str


def offload_of(
    model: Model, image: Traced[str], size: Dimensions, kind: str, catalog: Catalog
) -> Offload | None:
    """The host memory of the KV cache; None without any."""
    asked = known(model.kvOffload.memory)
    if asked is None:
        return None
    gib = asked.map("GiB", "host memory of one server", in_gib)
    row = support(KV_OFFLOAD, image.value, kind, catalog).row
    if "module" not in row.data:
        return Offload(gib, None, None, None, "")
    connector = computed(
        "--kv-transfer-config", "the connector of the engine",
        lambda name, module, _: json.dumps(
            {"kv_connector": name, "kv_connector_module_path": module, "kv_role": "kv_both"},
            separators=(",", ":"),
        ),
        row.value("connector"), row.value("module"), asked,
    )  # fmt: skip
    length = known(model.maxModelLen) or size.max_context
    usual = computed(
        "block", "as the engine would choose it for the context", block_of,
        row.value("block"), [] if length is None else [length],
    )  # fmt: skip
    block = number(model.args, BLOCK) or given_or(model.picker.blockSize, usual)
    staging = row.value("staging", "blocks")
    return Offload(gib, block, staging, connector, str(row.data["chunks"]))


def block_of(rule: Mapping[str, int], length: tuple[int, ...]) -> int:
    """Tokens of a block. rule: of features.yaml."""
    if not length or length[0] > rule["longest"]:
        return rule["least"]
    rounded = 1 << (length[0] - 1).bit_length()
    return min(rule["most"], max(rule["least"], rounded // rule["part"]))


def staging_gib(found: Offload, per_token: Traced[int]) -> Traced[float] | None:
    """GiB of HBM that copies go through. per_token: bytes of KV cache of a token."""
    if found.block is None or found.staging is None:
        return None
    return computed(
        "blocks x tokens x bytes of a token / 2^30", "buffer for copies to the host",
        lambda blocks, tokens, each: blocks * tokens * each / GIB,
        found.staging, found.block, per_token,
    )  # fmt: skip


def offload_flags(model: Model, found: Offload) -> list[Traced[str]]:
    """What vLLM is told in any case; see also `size_flag`."""
    if found.connector is None or found.block is None:
        return []
    flags = [text("--kv-transfer-config={}", found.connector, why="the KV cache has host memory")]
    if known(model.picker.blockSize) is None and number(model.args, BLOCK) is None:
        why = "the size of a chunk in host memory follows from it"
        flags.append(text("--block-size={}", found.block, why=why))
    return flags


def size_flag(found: Offload) -> list[Traced[str]]:
    """The size, of engines that have a flag for it."""
    if found.connector is not None:
        return []
    return [text("--kv-offloading-size={:g}", found.gib, why="host memory of the KV cache")]


def chunks(found: Offload, per_token: Traced[int] | None) -> list[tuple[str, Traced[Any]]]:
    """The variable that says how many blocks the host memory holds."""
    if found.block is None or per_token is None:
        return []
    count = computed(
        "GiB x 2^30 / (tokens x bytes of a token)", "blocks that the host memory holds",
        lambda gib, tokens, each: str(max(1, int(gib * GIB // (tokens * each)))),
        found.gib, found.block, per_token,
    )  # fmt: skip
    return [(found.chunks, count)]
