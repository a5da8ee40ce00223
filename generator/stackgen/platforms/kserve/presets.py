"""The presets of a release, and the spec that a service ends up with on top of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stackgen.facts.shape import as_dict, as_list, copied
from stackgen.platforms.kserve.merge import merge
from stackgen.platforms.kserve.names import PORT, Names, name_of
from stackgen.platforms.kserve.release import Controller
from stackgen.platforms.kserve.routes import route_rules
from stackgen.record import record

PREFIX = "kserve-config-llm-"
SUFFIXES = (
    "template", "decode-template", "prefill-template", "worker-data-parallel",
    "decode-worker-data-parallel", "prefill-worker-data-parallel", "router-route", "scheduler",
    "tracing", "tokenizer", "scheduler-latency-predictor",
)  # fmt: skip
# Chosen for `parallelism.pipeline`, and shipped by no release that was read.
PIPELINE = "worker-pipeline-parallel"
DECODE_PORT = 8001

Configs = Callable[[str, str], Mapping[str, Any] | None]
"""(namespace, name) -> the spec of an LLMInferenceServiceConfig that is known."""


@record
class Effective:
    """spec: presets, baseRefs and the service's own spec merged. unknown: baseRefs not seen.

    preset: the names of the presets that were chosen. own: without the presets.
    """

    spec: dict[str, Any]
    own: dict[str, Any]
    unknown: tuple[str, ...]
    presets: tuple[str, ...]


def effective(data: Mapping[str, Any], controller: Controller, configs: Configs) -> Effective:
    """What the controller works with for the LLMInferenceService `data`."""
    namespace, name = name_of(data)
    spec = as_dict(data.get("spec"))
    refs = [r.get("name") for r in as_list(spec.get("baseRefs")) if isinstance(r, dict)]
    layers, unknown = [], []
    for ref in refs:
        config = configs(namespace, str(ref)) or configs(controller.namespace, str(ref))
        if config is None and not is_preset(str(ref)):
            unknown.append(str(ref))
        elif config is not None:
            layers.append(prepared(config, controller))
    own: dict[str, Any] = {}
    for layer in (*layers, prepared(spec, controller)):
        own = merge(own, layer)
    chosen = chosen_presets(own)
    merged: dict[str, Any] = {}
    for suffix in chosen:
        override = configs(namespace, PREFIX + suffix)
        merged = merge(merged, override or preset(suffix, controller, namespace, name, own))
    # A null of the service's own must meet the presets, so the layers are laid on one by one.
    for layer in (*layers, prepared(spec, controller)):
        merged = merge(merged, layer)
    return Effective(merged, own, tuple(unknown), tuple(PREFIX + s for s in chosen))


def is_preset(name: str) -> bool:
    """The name is that of a preset which every release ships."""
    return name.removeprefix(PREFIX) in SUFFIXES and name.startswith(PREFIX)


def prepared(spec: Mapping[str, Any], controller: Controller) -> dict[str, Any]:
    """The spec as the controller writes it out again before it merges.

    A pod spec without containers is written with `containers: null`; releases mend that for the
    servers, and only later ones for the scheduler.
    """
    result = copied(dict(spec))
    scheduler = as_dict(as_dict(result.get("router")).get("scheduler"))
    template = scheduler.get("template")
    if controller.scheduler_loses_containers and isinstance(template, dict):
        template.setdefault("containers", None)
    return result


def chosen_presets(own: Mapping[str, Any]) -> tuple[str, ...]:
    """The suffixes of the presets for a spec, as far as releases ship them."""
    router = as_dict(own.get("router"))
    found = []
    scheduler = router.get("scheduler")
    if isinstance(scheduler, dict) and not as_dict(scheduler.get("pool")).get("ref"):
        found.append("scheduler")
    route = router.get("route")
    if isinstance(route, dict) and not as_dict(route.get("http")).get("refs"):
        found.append("router-route")
    split = isinstance(own.get("prefill"), dict)
    found.append(_workload_preset(own, "decode-" if split else ""))
    if split:
        found.append(_workload_preset(as_dict(own.get("prefill")), "prefill-"))
    return tuple(s for s in found if s)


def _workload_preset(workload: Mapping[str, Any], prefix: str) -> str:
    if not isinstance(workload.get("worker"), dict):
        return prefix + "template"
    parallelism = as_dict(workload.get("parallelism"))
    if parallelism.get("data") or parallelism.get("dataLocal"):
        return prefix + "worker-data-parallel"
    return ""


def preset(
    suffix: str, controller: Controller, namespace: str, name: str, own: Mapping[str, Any]
) -> dict[str, Any]:
    """The spec of one preset, filled in for a service."""
    values = _values(controller, namespace, name, own)
    facts = controller.presets
    if suffix == "scheduler":
        scheduler = facts["scheduler"]
        pod = {**scheduler["pod"], "containers": [scheduler["container"]]}
        return {"router": {"scheduler": {"template": _filled(pod, values)}}}
    if suffix == "router-route":
        http = {
            "parentRefs": [
                {
                    "group": "gateway.networking.k8s.io",
                    "kind": "Gateway",
                    "name": controller.gateway[1],
                    "namespace": controller.gateway[0],
                }
            ],
            "rules": route_rules(controller, namespace, name, _model(own, name)),
        }
        return {"router": {"route": {"http": {"spec": http}}}}
    workload = _workload(suffix, facts, values)
    return {"prefill": workload} if suffix.startswith("prefill-") else workload


def _workload(suffix: str, facts: Mapping[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    split = suffix.startswith(("decode-", "prefill-"))
    decode = suffix.startswith("decode-")
    several = suffix.endswith("worker-data-parallel")
    role = "leader" if several else "disaggregated" if split else "single"
    values = {**values, "port": DECODE_PORT if decode else PORT}
    pod = _pod(facts, values, facts["probes"][role])
    if decode:
        pod["initContainers"] = [_filled(facts["sidecar"], values)]
    if not several:
        return {"template": pod}
    for volume in pod["volumes"]:
        if volume["name"] == "dshm":
            volume["emptyDir"]["sizeLimit"] = facts["leader_shared_memory"]
    worker = copied(pod)
    worker.pop("initContainers", None)
    for probe in facts["probes"][role]:
        worker["containers"][0].pop(probe)
    return {"template": pod, "worker": worker}


def _pod(
    facts: Mapping[str, Any], values: Mapping[str, Any], probes: Mapping[str, Any]
) -> dict[str, Any]:
    container = _filled(facts["container"], values)
    container["ports"] = [{"containerPort": values["port"], "protocol": "TCP"}]
    for probe, timing in probes.items():
        get = {"path": "/health", "port": values["port"], "scheme": values["scheme"]}
        container[probe] = {"httpGet": get, **timing}
    return {**_filled(facts["pod"], values), "containers": [container]}


def _values(
    controller: Controller, namespace: str, name: str, own: Mapping[str, Any]
) -> dict[str, Any]:
    names = Names(name)
    tensor = as_dict(own.get("parallelism")).get("tensor")
    tls = controller.serves_tls
    return {
        "name": name,
        "namespace": namespace or "default",
        "model": _model(own, name),
        "scheme": controller.scheme,
        "scheme-lower": controller.scheme.lower(),
        "tls": "true" if tls else "false",
        "tls-flags": (
            " --ssl-certfile /var/run/kserve/tls/tls.crt --ssl-keyfile /var/run/kserve/tls/tls.key"
            if tls
            else ""
        ),
        "tensor": f" --tensor-parallel-size {tensor}" if tensor else "",
        "tls-secret": names.tls_secret,
        "pool": names.pool,
        "scheduler-account": names.scheduler_account,
    }


def _filled(tree: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _filled(value, values) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_filled(item, values) for item in tree]
    if isinstance(tree, str) and "<" in tree:
        for key, value in values.items():
            tree = tree.replace(f"<{key}>", str(value))
    return tree


def _model(own: Mapping[str, Any], name: str) -> str:
    return str(as_dict(own.get("model")).get("name") or name)
