"""A KV cache in host memory that is larger than the limit of its container."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.beside import json_flag
from stackgen.checks.tpu.models.model_fit import model_fit
from stackgen.checks.tpu.view import view
from stackgen.facts.quantity import number
from stackgen.facts.shape import at, maps
from stackgen.findings.model import Place, Violations, violation
from stackgen.plan.fit import GIB
from stackgen.plan.kv_offload import block_of


def check(context: Context) -> Violations:
    """One finding for each server whose blocks, all in use, do not fit in its memory."""
    seen = view(context)
    row = seen.catalog.copy().row("feature", "kv-offload/vllm-tpu")
    for workload in seen.tpu_servers:
        server, outcome = workload.server, model_fit(seen, workload)
        connector = json_flag(workload, "kv-transfer-config").get("kv_connector")
        if server is None or outcome is None or row is None or connector != row.data["connector"]:
            continue
        amount = at(server.data, "resources", "limits", "memory")
        limit = number(amount) if amount is not None else None
        listed = [
            (i, entry.get("value"))
            for i, entry in maps(server.data.get("env"))
            if entry.get("name") == row.data["chunks"]
        ]
        if limit is None or not listed:
            continue
        i, text = listed[-1]
        length = outcome.given.max_model_len
        block = server.line.number("block-size") or block_of(row.data["block"], (length,))
        chunks = int(text) if isinstance(text, str) and text.isdecimal() else 0
        size = min(chunks, 10**9) * block * outcome.fit.kv_bytes_per_token
        if size >= limit:
            yield violation(
                f"{chunks} blocks of {block} tokens take {size / GIB:.0f} GiB of memory; the "
                f"container has {amount}",
                server.place("env", i, "value"),
                Place(workload.resource, (*server.path, "resources", "limits", "memory")),
            )
