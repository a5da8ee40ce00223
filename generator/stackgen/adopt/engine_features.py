"""Adapters, KV offload and speculative decoding of a server of others, as fields of the spec."""

from __future__ import annotations

import json
from typing import Any

from stackgen.adopt.model import uri_of
from stackgen.facts.lora_modules import listed, modules
from stackgen.facts.quantity import GIB, number, whole
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.facts.workloads import Container, Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.spec.engine_features import DFLASH, EAGLE3, MTP, NGRAM

# The flags that a field sets, so that they are no `args`.
FLAGS = {
    "adapters": frozenset(
        ("enable-lora", "lora-modules", "max-loras", "max-lora-rank", "max-cpu-loras")
    ),
    "speculative": frozenset(("speculative-config",)),
    "kvOffload": frozenset(("kv-offloading-size", "kv-transfer-config", "block-size")),
}


def engine_features(workload: Workload, container: Container) -> dict[str, Any]:
    """The fields of a model; none for what cannot be said."""
    made: dict[str, Any] = {}
    adapters = [*listed(workload.resource)] or [*modules(container.line)]
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
    size, room = offload.get("cpu"), _room(as_list(offload.get("secondary")))
    gib = line.number("kv-offloading-size", 0)
    if isinstance(size, str) and size.endswith("Gi") and room is not None:
        made["kvOffload"] = {"memory": size, **room}
    elif gib:
        made["kvOffload"] = {"memory": f"{gib}Gi"}
    return made


def aliases(bundle: Bundle, resource: Resource, model: dict[str, Any]) -> dict[str, Any]:
    """`aliases` of a model: the InferenceModelRewrite with its name; empty for another one.

    resource: of its servers. model: its fields, of which the names of its targets follow.
    """
    served = model.get("servedName") or str(model["model"]).removeprefix("hf://").partition(":")[0]
    known = {served, *(one["name"] for one in model.get("adapters", ()))}
    for one in bundle.of_kind("InferenceModelRewrite", "llm-d.ai"):
        spaces = {one.namespace, resource.namespace} - {""}
        if one.name != resource.name or len(spaces) > 1:
            continue
        made = [_alias(rule, known) for _, rule in maps(one.get("spec", "rules"))]
        return {"aliases": made} if made and all(made) else {}
    return {}


def _alias(rule: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """One alias; empty for a rule that it cannot state."""
    matches = [as_dict(as_dict(m).get("model")) for m in as_list(rule.get("matches"))]
    names = {"modelRewrite": "name", "weight": "weight"}
    every = [one for _, one in maps(rule.get("targets"))]
    targets = [{new: one[old] for old, new in names.items() if old in one} for one in every]
    exact = len(matches) == 1 and matches[0].get("type", "Exact") == "Exact"
    if not exact or rule.keys() - {"matches", "targets"} or not targets:
        return {}
    name = matches[0].get("value")
    fits = isinstance(name, str) and not set(name) & set(" {}") and bool(name)
    fits &= all(str(one.get("name")) in known for one in targets)
    fits &= all(type(one.get("weight", 1)) is int for one in targets)
    return {"name": name, "targets": targets} if fits else {}


def offloaded(container: Container, made: Container) -> str:
    """Host memory of the KV cache of an engine without a flag for it; empty for none.

    made: the rendered server without it, which has that much less memory.
    """
    connector = (container.line.text("kv-transfer-config"), made.line.text("kv-transfer-config"))
    try:
        named = as_dict(json.loads(connector[0])) if connector[0] and not connector[1] else {}
    except (ValueError, RecursionError):
        return ""
    if "offload" not in str(named.get("kv_connector")).lower():
        return ""
    asked = (
        as_dict(as_dict(one.data.get("resources")).get("requests")) for one in (container, made)
    )
    with_it, without = (number(one.get("memory")) for one in asked)
    more = round((with_it - without) / GIB) if with_it and without else 0
    return f"{more}Gi" if more > 0 else ""


def _room(tiers: list[Any]) -> dict[str, Any] | None:
    """Where blocks go that have no room in memory; None for what the field cannot say."""
    if len(tiers) > 1:
        return None
    for tier in tiers:
        disk = as_dict(as_dict(tier).get("fileSystem"))
        claim = as_dict(as_dict(disk.get("pvc")).get("ref")).get("name")
        size = as_dict(disk.get("emptyDir")).get("size")
        made = {"claim": claim} if claim is not None else {"storage": size}
        return made if all(isinstance(value, str) for value in made.values()) else None
    return {}


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
