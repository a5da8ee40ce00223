"""The presets of a release, and the spec that a service ends up with on top of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from stackgen.facts.quantity import QuantityError, parse
from stackgen.facts.shape import as_dict, as_list, copied, maps
from stackgen.manifest.gotemplate.syntax import TemplateError
from stackgen.manifest.yaml_in import parse as parse_yaml
from stackgen.platforms.kserve.gotemplate import Struct, render
from stackgen.platforms.kserve.merge import shared
from stackgen.platforms.kserve.names import Names, child_name, name_of
from stackgen.platforms.kserve.release import V1_POOLS, Controller
from stackgen.record import record

# What the API server fills into the spec of a service or a config, as its definition says.
#
# A value that is filled in has precedence over that of a preset, as one that the user wrote has.
# The defaults are those of the CustomResourceDefinitions of all releases here; those that only
# repeat what a controller does without them are left out.

_ALL_PATHS = {"path": {"type": "PathPrefix", "value": "/"}}


def defaulted(spec: dict[str, Any]) -> None:
    """Fills in the defaults of `spec`."""
    for part in (spec, as_dict(spec.get("prefill"))):
        offloading = part.get("kvCacheOffloading")
        if isinstance(offloading, dict):
            offloading.setdefault("evictionPolicy", "lru")
    router = as_dict(spec.get("router"))
    pool = as_dict(as_dict(as_dict(router.get("scheduler")).get("pool")).get("spec"))
    for field in ("endpointPickerRef", "extensionRef"):
        if isinstance(pool.get(field), dict):
            pool[field].setdefault("failureMode", "FailClose")
    route = as_dict(as_dict(router.get("route")).get("http")).get("spec")
    if not isinstance(route, dict):
        return
    for _, rule in maps(route.setdefault("rules", [{}])):
        for _, match in maps(rule.setdefault("matches", [{}])):
            for field, value in _ALL_PATHS.items():
                match.setdefault(field, dict(value))


PREFIX = "kserve-config-llm-"
SUFFIXES = (
    "template", "decode-template", "prefill-template", "worker-data-parallel",
    "decode-worker-data-parallel", "prefill-worker-data-parallel", "router-route", "scheduler",
    "tracing", "tokenizer", "scheduler-latency-predictor",
)  # fmt: skip
# Chosen for `parallelism.pipeline`, and shipped by no release that was read.
PIPELINE = "worker-pipeline-parallel"
# Releases without them know nothing of what asks for them.
_LATER = ("tracing", "tokenizer", "scheduler-latency-predictor")
DECODE_PORT = 8001
MODEL_HEADER = "X-Gateway-Model-Name"
# Plugins of the endpoint picker that need Pods of their own.
TOKENIZED = ("token-producer", "precise-prefix-cache-scorer", "precise-prefix-cache-producer")
LATENCY = "predicted-latency-producer"
_GRACE, _BUFFER = 60, 5

Configs = Callable[[str, str], Mapping[str, Any] | None]
"""(namespace, name) -> the spec of an LLMInferenceServiceConfig that is known."""


@record
class Effective:
    """spec: presets, baseRefs and the service's own spec merged. unknown: baseRefs not seen.

    preset: the names of the presets that were chosen. own: without the presets. failed: why the
    controller makes nothing, in words; "" when it does.
    """

    spec: dict[str, Any]
    own: dict[str, Any]
    unknown: tuple[str, ...]
    presets: tuple[str, ...]
    failed: str = ""


def effective(
    data: Mapping[str, Any],
    controller: Controller,
    configs: Configs,
    config_maps: Configs | None = None,
    whole: bool = False,
) -> Effective:
    """What the controller works with for the LLMInferenceService `data`.

    config_maps: looks up ConfigMaps. whole: one that it does not know does not exist.
    """
    namespace, name = name_of(data)
    spec = as_dict(data.get("spec"))
    refs = [str(r.get("name")) for r in as_list(spec.get("baseRefs")) if isinstance(r, dict)]
    layers, unknown = [], []
    for ref in refs:
        config = configs(namespace, ref) or configs(controller.namespace, ref)
        config = config or controller.presets.get(
            ref.removeprefix(PREFIX) if is_preset(ref) else ""
        )
        if config is None and not is_preset(ref):
            unknown.append(ref)
        elif config is not None:
            layers.append(prepared(config, controller))
    mine = prepared(spec, controller)
    mine["model"] = {**as_dict(mine.get("model")), "name": _model(mine, layers, name)}
    own: dict[str, Any] = {}
    for layer in (*layers, mine):
        own = shared(own, layer)
    own = copied(own)
    chosen = tuple(s for s in chosen_presets(own) if s in controller.presets or s not in _LATER)
    missing = [s for s in chosen if s not in controller.presets]
    merged: dict[str, Any] = {}
    for suffix in chosen:
        override = configs(namespace, PREFIX + suffix)
        merged = shared(merged, override or controller.presets.get(suffix, {}))
    for layer in (*layers, mine):
        merged = shared(merged, layer)
    failed = f"baseRefs names {unknown[0]}, which is not in the input" if unknown else ""
    if missing:
        failed = f"no LLMInferenceServiceConfig {PREFIX}{missing[0]} is part of this release"
    try:
        merged = filled(merged, controller, {**data, "spec": mine})  # which is a copy
    except TemplateError as error:
        merged = copied(merged)
        failed = failed or f"a template of its fields cannot be evaluated: {error}"
    if config_maps is not None and "scheduler.config" in controller.fields:
        failed = failed or _configured(merged, config_maps, namespace, whole)
    return Effective(
        _wired(merged, name), own, tuple(unknown), tuple(PREFIX + s for s in chosen), failed
    )


def _model(mine: Mapping[str, Any], layers: list[dict[str, Any]], name: str) -> Any:
    """The model's name: a baseRef's has precedence over the service's, which has a default."""
    told = [as_dict(layer.get("model")).get("name") for layer in layers]
    return next((n for n in reversed(told) if n), as_dict(mine.get("model")).get("name") or name)


def _configured(spec: dict[str, Any], config_maps: Configs, namespace: str, whole: bool) -> str:
    """Puts the picker's configuration in the place of a reference; why it cannot, or ""."""
    scheduler = as_dict(as_dict(spec.get("router")).get("scheduler"))
    config = as_dict(scheduler.get("config"))
    ref = as_dict(config.get("ref"))
    name, key = str(ref.get("name") or ""), str(ref.get("key") or "epp")
    if not name:
        return ""
    data = as_dict(as_dict(config_maps(namespace, name)).get("data"))
    if key not in data:
        return f"no ConfigMap {name} with the key {key}" if whole else ""
    del config["ref"]
    parsed = parse_yaml(str(data[key]), name)
    only = parsed[0].data if len(parsed) == 1 and not parsed[0].problems else None
    config["inline"] = copied(only) if isinstance(only, dict) else str(data[key])
    return ""


def _wired(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """The spec with what the controller adds to a merged one: selector and account."""
    scheduler = as_dict(as_dict(spec.get("router")).get("scheduler"))
    template = scheduler.get("template")
    if isinstance(template, dict) and not template.get("serviceAccountName"):
        template["serviceAccountName"] = Names(name).scheduler_account
    return spec


def is_preset(name: str) -> bool:
    """The name is that of a preset which every release ships."""
    return name.removeprefix(PREFIX) in SUFFIXES and name.startswith(PREFIX)


def prepared(spec: Mapping[str, Any], controller: Controller) -> dict[str, Any]:
    """The spec as the controller writes it out again before it merges.

    The API server drops nulls. A Pod spec without containers is written with `containers: null`;
    releases fix that for the servers, and only later ones for the scheduler.
    """
    result: dict[str, Any] = _without_nulls(copied(dict(spec)))
    defaulted(result)
    scheduler = as_dict(as_dict(result.get("router")).get("scheduler"))
    template = scheduler.get("template")
    if controller.scheduler_loses_containers and isinstance(template, dict):
        template.setdefault("containers", None)
    pool = as_dict(as_dict(scheduler.get("pool")).get("spec"))
    if controller.pool_ref_group == V1_POOLS:
        _convert_pool(pool)
    else:
        # Fields of a later version, which the API server drops.
        for field in ("endpointPickerRef", "targetPorts"):
            pool.pop(field, None)
    return result


def _convert_pool(pool: dict[str, Any]) -> None:
    """A pool as v1alpha1 of the service has it, in the form of its later versions."""
    if not {"extensionRef", "targetPortNumber"} & pool.keys():
        return
    ref = as_dict(pool.pop("extensionRef", None))
    if ref:
        port = ref.pop("portNumber", None)
        pool["endpointPickerRef"] = {"kind": "Service", **ref}
        if port:
            pool["endpointPickerRef"]["port"] = {"number": port}
    number = pool.pop("targetPortNumber", None)
    if number:
        pool["targetPorts"] = [{"number": number}]
    if "selector" in pool:
        pool["selector"] = {"matchLabels": pool["selector"]}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value


def chosen_presets(own: Mapping[str, Any]) -> tuple[str, ...]:
    """The suffixes of the presets for a spec, as the controller chooses them."""
    router = as_dict(own.get("router"))
    found = []
    scheduler = router.get("scheduler")
    if isinstance(scheduler, dict) and not as_dict(scheduler.get("pool")).get("ref"):
        found.append("scheduler")
    route = router.get("route")
    if isinstance(route, dict) and not as_dict(route.get("http")).get("refs"):
        found.append("router-route")
    split = isinstance(own.get("prefill"), dict)
    if split:
        found.append(_workload_preset(as_dict(own.get("prefill")), "prefill-"))
    found.append(_workload_preset(own, "decode-" if split else ""))
    if isinstance(scheduler, dict) and tokenized(own):
        found.append("tokenizer")
    if LATENCY in plugins(own):
        found.append("scheduler-latency-predictor")
    if isinstance(own.get("tracing"), dict):
        found.append("tracing")
    return tuple(s for s in found if s)


def _workload_preset(workload: Mapping[str, Any], prefix: str) -> str:
    if not isinstance(workload.get("worker"), dict):
        return prefix + "template"
    parallelism = as_dict(workload.get("parallelism"))
    if parallelism.get("data") or parallelism.get("dataLocal"):
        return prefix + "worker-data-parallel"
    return prefix + PIPELINE if parallelism.get("pipeline") else ""


def plugins(spec: Mapping[str, Any]) -> frozenset[str]:
    """The types of the endpoint picker's plugins that the spec configures itself."""
    scheduler = as_dict(as_dict(spec.get("router")).get("scheduler"))
    inline = as_dict(as_dict(scheduler.get("config")).get("inline"))
    return frozenset(str(p.get("type")) for _, p in maps(inline.get("plugins")))


def tokenized(spec: Mapping[str, Any]) -> bool:
    """The endpoint picker needs a tokenizer."""
    scheduler = as_dict(as_dict(spec.get("router")).get("scheduler"))
    return isinstance(scheduler.get("tokenizer"), dict) or bool(plugins(spec) & set(TOKENIZED))


def preset(
    suffix: str, controller: Controller, namespace: str, name: str, own: Mapping[str, Any]
) -> dict[str, Any]:
    """The spec of one preset, filled in for a service."""
    meta = {"name": name, "namespace": namespace}
    spec = {**own, "model": {"name": name, **as_dict(own.get("model"))}}
    found = filled(controller.presets.get(suffix, {}), controller, {"metadata": meta, "spec": spec})
    assert isinstance(found, dict)
    return found


def filled(tree: Any, controller: Controller, service: Mapping[str, Any]) -> Any:
    """The tree with its Go templates evaluated for the service. Raises TemplateError."""
    namespace, name = name_of(service)
    gateway_namespace, gateway = controller.gateway
    meta = as_dict(service.get("metadata"))
    known = {
        "Name": name, "Namespace": namespace or "default", "GenerateName": "", "UID": "",
        "Labels": as_dict(meta.get("labels")), "Annotations": as_dict(meta.get("annotations")),
    }  # fmt: skip
    data = {
        "Spec": as_dict(service.get("spec")),
        "ObjectMeta": Struct(known),
        "Status": {},
        "GlobalConfig": {
            "SystemNamespace": controller.namespace,
            "IngressGatewayName": gateway,
            "IngressGatewayNamespace": gateway_namespace,
            "EnableTLS": controller.serves_tls,
            "ModelBasedRoutingHeaderName": MODEL_HEADER,
            "InferencePoolNamespacedName": f"{namespace or 'default'}/{Names(name).pool}",
        },
    }
    return render(tree, Struct({**known, **data}), _FUNCTIONS)


def _kv_transfer(offloading: Any) -> str:
    """`kvTransferConfig`: the flag of vLLM for a KV cache outside of the accelerator."""
    if not isinstance(offloading, Mapping):
        return ""
    extra: dict[str, Any] = {"spec_name": "TieringOffloadingSpec"}
    extra["cpu_bytes_to_use"] = _bytes(offloading.get("cpu"))
    if offloading.get("evictionPolicy"):
        extra["eviction_policy"] = offloading["evictionPolicy"]
    tiers = [
        {"type": "fs", "root_dir": f"/mnt/kv-cache-{i}"}
        for i, tier in maps(offloading.get("secondary"))
        if tier.get("fileSystem") is not None
    ]
    if tiers:
        extra["secondary_tiers"] = tiers
    told = {
        "kv_connector": "OffloadingConnector",
        "kv_role": "kv_both",
        "kv_connector_extra_config": extra,
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return "--kv-transfer-config '" + text.replace('"', r"\\\"") + "'"


def _bytes(quantity: Any) -> int:
    try:
        return int(parse(str(quantity)))
    except QuantityError:
        raise TemplateError(f"{quantity!r} is not a quantity") from None


def _shutdown_timeout(pod: Any, pre_stop: int) -> int:
    """`shutdownTimeout`: the seconds that are left of the grace period after preStop."""
    grace = _GRACE
    if isinstance(pod, Mapping) and isinstance(pod.get("terminationGracePeriodSeconds"), int):
        grace = pod["terminationGracePeriodSeconds"]
    return max(0, grace - pre_stop - min(_BUFFER, grace))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ChildName": child_name,
    "kvTransferConfig": _kv_transfer,
    "shutdownTimeout": _shutdown_timeout,
}
