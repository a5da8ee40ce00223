"""Prefill servers of manifests: `prefill` of the model whose decode servers are beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from stackgen.adopt.scaling import autoscaling
from stackgen.catalog.load import Catalog
from stackgen.facts.templates import workloads
from stackgen.facts.workloads import GPU, Container, Workload
from stackgen.manifest.resource import Bundle
from stackgen.platforms.registry import is_config, service_workloads

Served = tuple[Workload, Container]
Key = tuple[str, str, str]
_ROLE = "llm-d.ai/role"
# What the Pods of one model have in common: in llm-d's guides, and in its charts.
_SHARED = ("llm-d.ai/model", "llm-d.ai/guide")


def key_of(workload: Workload) -> Key:
    """Kind, namespace and name of the object of a workload."""
    return (workload.resource.kind, workload.resource.namespace, workload.resource.name)


def halves(bundle: Bundle, release: str, catalog: Catalog) -> Mapping[Key, Served]:
    """By the object of decode servers: the prefill servers beside them, in it or on their own.

    A prefill server with no decode server beside it, or with several, is left out.
    """
    found: dict[Key, Served] = {}
    alone: list[Served] = []
    decode: list[Workload] = []
    for workload in workloads(bundle, service_workloads(catalog, release, Bundle(()))):
        container, role = workload.server, _labels(workload).get(_ROLE)
        if is_config(workload.resource):
            continue
        if workload.service is not None and workload.part.startswith("prefill"):
            # The platform starts the server where the part names no accelerator of its own.
            serving = container or next((c for c in workload.containers if not c.init), None)
            if serving is not None:
                found.setdefault(key_of(workload), (workload, serving))
        elif container is not None and role == "prefill" and workload.service is None:
            alone.append((workload, container))
        elif container is not None and role in ("decode", "both"):
            decode.append(workload)
    for workload, container in alone:
        beside = [one for one in decode if _belong(one, workload)]
        if len(beside) == 1 and key_of(beside[0]) not in found:
            found[key_of(beside[0])] = (workload, container)
    return found


def _labels(workload: Workload) -> Mapping[str, Any]:
    labels = workload.resource.get(*workload.template_path, "metadata", "labels")
    return labels if isinstance(labels, Mapping) else {}


def _belong(decode: Workload, prefill: Workload) -> bool:
    """Whether the servers of both roles are of one model."""
    if decode.resource.namespace != prefill.resource.namespace:
        return False
    one, other = _labels(decode), _labels(prefill)
    shared = [key for key in _SHARED if key in one and key in other]
    named = prefill.resource.name == f"{decode.resource.name}-prefill"
    return named or (bool(shared) and all(one[key] == other[key] for key in shared))


def without(served: Iterable[Served], prefill: Mapping[Key, Served]) -> list[Served]:
    """The servers that are models of their own."""
    apart = {key_of(workload) for workload, _ in prefill.values()} - prefill.keys()
    return [one for one in served if key_of(one[0]) not in apart]


def prefill_name(model: Mapping[str, Any]) -> str:
    """The name of the object of the prefill servers, where they have one of their own."""
    return str(model.get("names", {}).get("prefill", f"{model['name']}-prefill"))


def attach(
    bundle: Bundle, models: list[dict[str, Any]], served: Iterable[Served],
    prefill: Mapping[Key, Served], pool_of: Callable[[Workload], str],
) -> None:  # fmt: skip
    """The field `prefill` of each model of `served` that has such servers."""
    for (workload, _), model in zip(served, models, strict=True):
        half = prefill.get(key_of(workload))
        if half is not None:
            model["prefill"] = _said(bundle, half, pool_of(half[0]), model)
            name = half[0].resource.name
            if half[0].service is None and name != prefill_name(model):
                model["names"] = {**model.get("names", {}), "prefill": name}


def _said(bundle: Bundle, half: Served, pool: str, decode: Mapping[str, Any]) -> dict[str, Any]:
    workload, container = half
    scaled = autoscaling(bundle, workload)
    made: dict[str, Any] = (
        {"autoscaling": scaled} if scaled else {"replicas": workload.replicas.value or 1}
    )
    if pool != decode["nodePool"]:
        made["nodePool"] = pool
    gpus, together = container.amount(GPU), container.line.number("max-num-seqs")
    if gpus is not None and "gpus" in decode and gpus != decode["gpus"]:
        made["gpus"] = gpus
    if together and together != decode.get("concurrency"):
        made["concurrency"] = together
    return made
