"""What the admission webhook of a release refuses, besides what the schema says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict, as_list, maps, number, plain, text
from stackgen.manifest.document import Path
from stackgen.platforms.kserve.release import Controller
from stackgen.regex import regex

_ADDRESS = regex(r"kbs:///[^/\s]+/[^/\s]+/[^/\s]+")


def refusal(
    service: dict[str, Any], version: str, namespace: str, name: str, controller: Controller
) -> str:
    """Why a service of an API `version` is refused; "" when it is not."""
    spec = as_dict(service.get("spec"))
    for base, part in (((), spec), (("prefill",), as_dict(spec.get("prefill")))):
        for path, _, message in parallelism(part):
            return f"spec.{'.'.join(map(str, (*base, *path)))}: {message}"
    router = as_dict(spec.get("router"))
    for message in routes(router):
        return f"spec.router.route: {message}"
    if other_parents(router, namespace, strict=controller.strict_parents or version == "v1alpha1"):
        return "spec.router.route.http.spec: it names parentRefs, and gateway.refs are given"
    if "lora" in controller.fields:
        model = as_dict(spec.get("model"))
        base_name = text(model.get("name")) or name
        for _, message in adapters(as_dict(model.get("lora")), base_name):
            return f"spec.model.lora: {message}"
        message = confidential(model)
        if message:
            return f"spec.model.confidential.resourceId: {message}"
    if "scheduler.config" in controller.fields:
        for _, message in scheduler_config(as_dict(router.get("scheduler"))):
            return f"spec.router.scheduler: {message}"
    if "kvCacheOffloading" in controller.fields:
        for part in (spec, as_dict(spec.get("prefill"))):
            for _, message in offloading(as_dict(part.get("kvCacheOffloading"))):
                return f"spec.kvCacheOffloading: {message}"
    return ""


def confidential(model: dict[str, Any]) -> str:
    """What is wrong with the address of the key of a confidential model, or ""."""
    said = as_dict(model.get("confidential"))
    resource = text(said.get("resourceId"))
    if said.get("enabled") is not True or not resource or not plain(resource):
        return ""
    if _ADDRESS.fullmatch(resource):
        return ""
    return f"{resource} is not of the form kbs:///repository/type/tag"


def scheduler_config(scheduler: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """(path below the scheduler, message)."""
    replicas = number(scheduler.get("replicas"))
    if replicas is not None and replicas <= 0:
        yield ("replicas",), f"the scheduler has {replicas} replicas; the minimum is 1"
    config = scheduler.get("config")
    if not isinstance(config, dict):
        return
    inline, ref = config.get("inline"), config.get("ref")
    if inline is None and ref is None:
        yield ("config",), "the scheduler's config has neither inline nor ref"
    elif inline is not None and ref is not None:
        yield ("config", "inline"), "the scheduler's config has both inline and ref"
    elif isinstance(ref, dict) and not ref.get("name"):
        yield ("config", "ref"), "the ref of the scheduler's config names no ConfigMap"


def offloading(offload: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """(path below kvCacheOffloading, message)."""
    if as_list(offload.get("secondary")) and offload.get("cpu") is None:
        yield ("secondary",), "there are secondary tiers but no cpu tier"
    for i, tier in maps(offload.get("secondary")):
        files = tier.get("fileSystem")
        where: Path = ("secondary", i)
        if not isinstance(files, dict):
            yield where, "the tier has no fileSystem"
            continue
        claim = files.get("pvc")
        if (files.get("emptyDir") is None) == (claim is None):
            yield (*where, "fileSystem"), "a tier needs exactly one of emptyDir and pvc"
        elif isinstance(claim, dict):
            if (claim.get("spec") is None) == (claim.get("ref") is None):
                yield (*where, "fileSystem", "pvc"), "a pvc needs exactly one of spec and ref"
            elif isinstance(claim.get("ref"), dict) and not claim["ref"].get("name"):
                yield (*where, "fileSystem", "pvc", "ref"), "the ref has no name"


def parallelism(part: dict[str, Any]) -> Iterator[tuple[Path, bool, str]]:
    """(path, whether the key is meant, message) for a service or its prefill."""
    given = part.get("parallelism")
    worker = isinstance(part.get("worker"), dict)
    if given is None:
        if worker:
            yield ("worker",), True, "worker is set but parallelism is not"
        return
    values = as_dict(given)
    has = {name: values.get(name) is not None for name in ("data", "dataLocal", "pipeline")}
    if worker and not any(has.values()):
        yield (
            ("parallelism",),
            True,
            "with a worker, parallelism needs data and dataLocal, or pipeline",
        )
    if has["pipeline"] and (has["data"] or has["dataLocal"]):
        yield ("parallelism", "pipeline"), True, "pipeline and data parallelism exclude each other"
    if has["data"] != has["dataLocal"]:
        one, missing = ("data", "dataLocal") if has["data"] else ("dataLocal", "data")
        yield ("parallelism", one), True, f"{one} is set but {missing} is not"


def adapters(lora: dict[str, Any], base: str) -> Iterator[tuple[Path, str]]:
    """(path below lora, message). base: the name of the base model."""
    first: dict[str, int] = {}
    for i, adapter in maps(lora.get("adapters")):
        name = text(adapter.get("name"))
        where: Path = ("adapters", i, "name")
        if not name:
            yield ("adapters", i), "the adapter has no name"
        elif name in (".", ".."):
            yield where, f"the adapter has the name of a folder, {name}"
        elif name == base:
            yield where, f"the adapter has the name of the base model, {base}"
        elif name in first:
            yield where, f"adapters[{first[name]}] has the same name, {name}"
        else:
            first[name] = i


def routes(router: dict[str, Any]) -> Iterator[str]:
    """Messages for routes of one's own beside a described route, or a managed gateway."""
    http = as_dict(as_dict(router.get("route")).get("http"))
    gateway = router.get("gateway")
    if not as_list(http.get("refs")):
        return
    if isinstance(http.get("spec"), dict):
        yield "the route has both refs to routes of your own and a spec for a managed one"
    if isinstance(gateway, dict) and not as_list(gateway.get("refs")):
        yield (
            "routes of your own cannot be used with a managed gateway: name gateway.refs, or "
            "leave the gateway out"
        )


def other_parents(router: dict[str, Any], namespace: str, *, strict: bool) -> bool:
    """The described route names gateways beside gateway.refs; others, where it is not strict."""
    spec = as_dict(as_dict(as_dict(router.get("route")).get("http")).get("spec"))
    parents = as_list(spec.get("parentRefs"))
    gateways = as_list(as_dict(router.get("gateway")).get("refs"))
    if not parents or not gateways:
        return False
    return strict or _places(parents, namespace) != _places(gateways, namespace)


def _places(refs: list[Any], namespace: str) -> set[tuple[Any, Any, Any]]:
    found = [as_dict(r) for r in refs]
    return {(r.get("name"), r.get("namespace") or namespace, r.get("sectionName")) for r in found}
