"""A KV cache in host memory that is larger than the limit of its container."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.models.beside import json_flag
from stackgen.checks.tpu.models.model_fit import model_fit
from stackgen.checks.tpu.view import view
from stackgen.digits import to_int
from stackgen.facts.quantity import number, whole
from stackgen.facts.shape import as_dict, at, maps
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.plan.engine_features import KV_OFFLOAD
from stackgen.plan.fit import GIB
from stackgen.plan.kv_offload import block_of

_FLAG, _EXTRA = "kv-transfer-config", "kv_connector_extra_config"


def check(context: Context) -> Violations:
    """One finding for each server whose blocks, all in use, do not fit in its memory."""
    seen = view(context)
    catalog = seen.catalog.copy()
    for workload in seen.servers:
        engine = "vllm-tpu" if workload.tpu_containers else "vllm"
        server, outcome = workload.server, model_fit(seen, workload)
        row = catalog.row("feature", f"{KV_OFFLOAD}/{engine}")
        if server is None or outcome is None or row is None:
            continue
        amount = at(server.data, "resources", "limits", "memory")
        limit = number(amount) if amount is not None else None
        length = outcome.given.max_model_len
        block = server.line.number("block-size") or block_of(row.data["block"], (length,))
        for count, tokens, place in _blocks(workload, row, block):
            size = min(count, 10**9) * tokens * outcome.fit.kv_bytes_per_token
            if limit is not None and size >= limit:
                yield violation(
                    f"{count} blocks of {tokens} tokens take {size / GIB:.0f} GiB of memory; the "
                    f"container has {amount}",
                    place,
                    Place(workload.resource, (*server.path, "resources", "limits", "memory")),
                )


def _blocks(workload: Workload, row: Row, block: int) -> Iterator[tuple[int, int, Place]]:
    """How many blocks each connector keeps, their tokens, and where that is said.

    block: tokens of a block of the engine.
    """
    server, told = workload.server, json_flag(workload, _FLAG)
    assert server is not None
    within = maps(as_dict(told.get(_EXTRA)).get("connectors"))  # of a MultiConnector
    for one in (told, *(inner for _, inner in within)):
        if one.get("kv_connector") != row.data["connector"]:
            continue
        if "extra" in row.data:
            extra, keys = as_dict(one.get(_EXTRA)), row.data["extra"]
            count = whole(extra.get(keys["blocks"]))
            tokens = whole(extra.get(keys["block"])) or block
            if count is not None:
                place = Place(workload.resource, server.line.flags[_FLAG].path)
                yield count, tokens, place
            continue
        listed = [
            (i, entry.get("value"))
            for i, entry in maps(server.data.get("env"))
            if entry.get("name") == row.data["chunks"]
        ]
        for i, text in listed[-1:]:
            count = to_int(text) if isinstance(text, str) and text.isdecimal() else 0
            yield count, block, server.place("env", i, "value")
