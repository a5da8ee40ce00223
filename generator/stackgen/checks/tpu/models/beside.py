"""What is in the memory of the devices besides the model: adapters, a draft, an offload buffer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.checks.tpu.models.served_model import ModelOf
from stackgen.digits import to_int
from stackgen.facts.shape import as_dict
from stackgen.facts.workloads import Workload
from stackgen.plan.adapters import held_gib
from stackgen.plan.engine_features import ADAPTERS, KV_OFFLOAD
from stackgen.plan.fit import GIB, FitInput, kv_bytes_per_token
from stackgen.plan.speculative import eagle3_gib
from stackgen.spec.engine_features import EAGLE3


def beside(
    workload: Workload, model: ModelOf, given: FitInput, kind: str, catalog: Catalog
) -> Iterator[tuple[str, float]]:
    """Each with its GiB, as far as command line and catalog say it. kind: of accelerator."""
    engine = "vllm-tpu" if kind == "tpu" else "vllm"
    row = catalog.row("feature", f"{ADAPTERS}/{engine}")
    data = model.row.data
    names = ("layers", "hidden", "intermediate", "attention_heads", "kv_heads", "head_dim")
    sizes = [int(data[name]) for name in names if name in data]
    slots, rank = _slots(workload, row.data["default_rank"] if row is not None else 0)
    if row is not None and slots and len(sizes) == len(names) and "active_params" not in data:
        words = [data["vocabulary"]] if "vocabulary" in data else []
        whole: bool = row.data["whole_rows"]
        layers, hidden, inter, heads, kv_heads, dim = sizes
        yield (
            "adapters",
            held_gib(layers, hidden, inter, heads, kv_heads, dim, given.tensor_parallel,
                     rank, slots, whole, words),
        )  # fmt: skip
    draft = json_flag(workload, "speculative-config")
    if draft.get("method") == EAGLE3 and len(sizes) == len(names):
        _, hidden, inter, heads, kv_heads, dim = sizes
        yield "draft model", eagle3_gib(hidden, inter, heads, kv_heads, dim)
    offload = catalog.row("feature", f"{KV_OFFLOAD}/{engine}")
    blocks = _blocks(workload, offload.data if offload is not None else {})
    if blocks:
        each = kv_bytes_per_token(
            given.groups, given.layers, given.tensor_parallel, given.pipeline,
            given.kv_bytes_per_element, given.lanes,
        )  # fmt: skip
        yield "offload buffer", blocks * each / GIB


def _slots(workload: Workload, usual: int) -> tuple[int, int]:
    """Adapters in the memory at the same time, and their rank; (0, 0) for none."""
    server, service = workload.server, workload.service
    if service is not None and service.adapters:
        return service.adapters
    if server is None or "enable-lora" not in server.line.flags:
        return 0, 0
    line = server.line
    return line.number("max-loras", 1) or 0, line.number("max-lora-rank", usual) or 0


def _blocks(workload: Workload, facts: Mapping[str, Any]) -> int:
    """Tokens of the blocks that copies go through; 0 if a connector has none."""
    server, told = workload.server, json_flag(workload, "kv-transfer-config")
    if server is None or "staging" not in facts or told.get("kv_connector") != facts["connector"]:
        return 0
    staging = facts["staging"]
    values = [e.get("value") for e in server.data.get("env") or () if isinstance(e, dict)
              and e.get("name") == staging["variable"]]  # fmt: skip
    text = values[-1] if values else str(staging["blocks"])
    blocks = to_int(text) if isinstance(text, str) and text.isdecimal() else 0
    return min(blocks, 10**6) * (server.line.number("block-size", 0) or 0)


def json_flag(workload: Workload, name: str) -> dict[str, Any]:
    """The object that a flag has; empty if there is none that can be read."""
    text = workload.server.line.text(name) if workload.server is not None else None
    try:
        return as_dict(json.loads(text)) if text else {}
    except (ValueError, RecursionError):
        return {}
