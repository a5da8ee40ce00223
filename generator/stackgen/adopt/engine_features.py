"""Adapters, KV offload and speculative decoding of a server of others, as fields of the spec."""

from __future__ import annotations

import json
from typing import Any

from stackgen.adopt.model import uri_of
from stackgen.facts.lora_modules import listed, modules
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, as_list
from stackgen.facts.workloads import Container, Workload
from stackgen.spec.engine_features import DFLASH, EAGLE3, MTP, NGRAM

# The flags that a field sets, so that they are no `args`.
FLAGS = {
    "adapters": frozenset(
        ("enable-lora", "lora-modules", "max-loras", "max-lora-rank", "max-cpu-loras")
    ),
    "speculative": frozenset(("speculative-config",)),
    "kvOffload": frozenset(("kv-offloading-size", "kv-transfer-config")),
}


def engine_features(workload: Workload, container: Container) -> dict[str, Any]:
    """The fields of a model; none for what cannot be said."""
    made: dict[str, Any] = {}
    adapters = [*listed(workload.resource), *modules(container.line)]
    uris = [uri_of(workload, container, one.where) for one in adapters]
    lora, line = as_dict(workload.resource.get("spec", "model", "lora")), container.line
    if adapters and all(uris):
        rank = whole(lora.get("maxRank")) or line.number("max-lora-rank", 16)
        made["adapters"] = [
            {"name": one.name, "model": uri, **({"rank": rank} if rank else {})}
            for one, uri in zip(adapters, uris, strict=True)
        ]
        slots = whole(lora.get("maxAdapters")) or line.number("max-loras", 1)
        if slots and slots < len(adapters):
            made["maxLoras"] = slots
    speculative = _speculative(line.text("speculative-config"))
    if speculative:
        made["speculative"] = speculative
    offload = as_dict(workload.resource.get("spec", "kvCacheOffloading"))
    size = offload.get("cpu") if not as_list(offload.get("secondary")) else None
    gib = line.number("kv-offloading-size", 0)
    if isinstance(size, str) and size.endswith("Gi"):
        made["kvOffload"] = {"memory": size}
    elif gib:
        made["kvOffload"] = {"memory": f"{gib}Gi"}
    return made


def _speculative(text: str | None) -> dict[str, Any]:
    """The field for a configuration that it can say."""
    try:
        told = as_dict(json.loads(text.strip("'"))) if text else {}
    except (ValueError, RecursionError):
        return {}
    method, tokens, draft = (told.get(k) for k in ("method", "num_speculative_tokens", "model"))
    if method not in (NGRAM, EAGLE3, MTP, DFLASH) or not isinstance(tokens, int):
        return {}
    revision = told.get("revision")
    end = f":{revision}" if isinstance(revision, str) else ""
    named = {"model": f"hf://{draft}{end}"} if isinstance(draft, str) else {}
    return {"method": method, "tokens": tokens, **named}
