"""The Pod templates of an LLMInferenceService, as facts about accelerator workloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, as_list, named
from stackgen.facts.templates import containers, count
from stackgen.facts.workloads import Count, Preset, Service, Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.kserve.based import based
from stackgen.platforms.kserve.names import CONFIG_KIND, MAIN, MORE_FLAGS
from stackgen.platforms.kserve.presets import preset
from stackgen.platforms.kserve.release import controller, controllers

PLATFORM = "KServe"
STORAGE_SECRET = "serving.kserve.io/storageSecretName"
_MODEL = ("spec", "model", "uri")
_VLLM_RANK = 16  # default of --max-lora-rank
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
Presets = Callable[[bool], Preset]


def templates_of(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The Pod templates of an object, each with the name of its pods."""
    name, spec = data["metadata"]["name"], data.get("spec", {})
    if data["kind"] == "Deployment":
        yield name, spec["template"]
    elif data["kind"] == "LeaderWorkerSet":
        group = spec["leaderWorkerTemplate"]
        leader = group.get("leaderTemplate")
        if leader is not None:
            yield name, leader
        # Without a leader's template the workers serve, and are labelled so.
        yield name if leader is None else f"{name}-worker", group["workerTemplate"]


def described(
    catalog: Catalog, release: str, bundle: Bundle
) -> Callable[[Resource], Iterator[Workload]]:
    """Tells the workloads of a service or config, with the presets of a release.

    Without a release, those of the newest one. A service is put together with its configs where the
    bundle has them, and these have no workloads of their own.
    """
    return partial(_described, bundle, lru_cache(maxsize=None)(partial(_preset, catalog, release)))


def _described(bundle: Bundle, presets: Presets, resource: Resource) -> Iterator[Workload]:
    known = based(bundle)
    if id(resource) not in known.configs:
        yield from _workloads(presets, known.services.get(id(resource), resource))


def _preset(catalog: Catalog, release: str, split: bool) -> Preset:
    """split: the service has prefill servers of their own."""
    found = controller(catalog, release) if release else next(iter(controllers(catalog)), None)
    if found is None:
        return Preset(PLATFORM, {}, MORE_FLAGS)
    pod = preset("decode-template" if split else "template", found, "", "", {})["template"]
    main = named(pod["containers"], MAIN)
    told = {key: main[1][key] for key in _PROBES if key in main[1]} if main else {}
    return Preset(PLATFORM, told, MORE_FLAGS)


def _workloads(presets: Presets, resource: Resource) -> Iterator[Workload]:
    bare = resource.pieces is None and bool(resource.get("spec", "baseRefs"))
    partial = resource.kind == CONFIG_KIND or bare
    for base, part in ((("spec",), ""), (("spec", "prefill"), "prefill")):
        several = isinstance(resource.get(*base, "worker"), dict)
        size = group_size(resource, base) if several else Count(1, ())
        scaled = resource.get(*base, "scaling") is not None
        replicas = count(resource, (*base, "replicas"), None if partial or scaled else 1)
        for name in ("template", "worker"):
            path = (*base, name)
            spec = resource.get(*path)
            if not isinstance(spec, dict):
                continue
            preset = (
                None if several or partial else presets(resource.get("spec", "prefill") is not None)
            )
            which = "leader" if several and name == "template" else name if several else ""
            found = Workload(
                resource, path, spec, " ".join(p for p in (part, which) if p),
                containers(resource, path, spec, MAIN, preset), replicas, size,
                grouped=several, whole=not partial,
            )  # fmt: skip
            yield replace(found, service=_service(found, base))


def _service(workload: Workload, base: tuple[str, ...]) -> Service:
    resource, server = workload.resource, workload.server
    own_command = server is not None and server.data.get("command")
    replaced = any(c.init and c.name == "storage-initializer" for c in workload.containers)
    return Service(
        PLATFORM,
        _MODEL,
        () if resource.kind == CONFIG_KIND else (*base, "scaling", "maxReplicas"),
        splits=not own_command
        and (resource.kind == CONFIG_KIND or isinstance(resource.get(*base, "parallelism"), dict)),
        tensor=() if own_command else (*base, "parallelism", "tensor"),
        downloads=not replaced and STORAGE_SECRET not in workload.annotations,
        adapters=_adapters(as_dict(resource.get("spec", "model", "lora"))),
    )


def _adapters(lora: dict[str, Any]) -> tuple[int, int] | tuple[()]:
    """Adapters in memory and their rank: the controller leaves the defaults to vLLM."""
    if not as_list(lora.get("adapters")):
        return ()
    return whole(lora.get("maxAdapters")) or 1, whole(lora.get("maxRank")) or _VLLM_RANK


def group_size(resource: Resource, base: tuple[str, ...] = ("spec",)) -> Count:
    """Pods in a group: data / dataLocal, or else pipeline."""
    path = (*base, "parallelism")
    data, local = resource.get(*path, "data"), resource.get(*path, "dataLocal")
    if data is not None:
        size, per_pod = whole(data), 1 if local is None else whole(local)
        known = size is not None and per_pod and size % per_pod == 0
        return Count(size // per_pod if known and size and per_pod else None, (*path, "data"))
    pipeline = resource.get(*path, "pipeline")
    return Count(whole(pipeline) if pipeline is not None else None, (*path, "pipeline"))
