"""The HTTPRoute of a service."""

from __future__ import annotations

from typing import Any

from stackgen.facts.shape import as_dict, as_list, copied, maps
from stackgen.platforms.kserve.names import Names
from stackgen.platforms.kserve.presets import MODEL_HEADER
from stackgen.platforms.kserve.release import OLD_POOLS, V1_POOLS, Controller

MODEL_ROUTING = "serving.kserve.io/model-based-routing-enabled"
_GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
Spec = dict[str, Any]


def route(controller: Controller, spec: Spec, namespace: str, name: str) -> Spec | None:
    """The spec of the HTTPRoute of a service with the merged `spec`; None when it gets none."""
    router = as_dict(spec.get("router"))
    asked = router.get("route")
    http = as_dict(as_dict(asked).get("http"))
    if not isinstance(asked, dict) or not isinstance(http.get("spec"), dict):
        return None
    result: Spec = copied(http["spec"])
    refs = [r for _, r in maps(as_dict(router.get("gateway")).get("refs"))]
    if refs:
        result["parentRefs"] = [_parent(controller, ref) for ref in refs]
    _backends(controller, router, result, name)
    if "labels" in controller.fields:
        _model_matches(controller, spec, result, namespace)
    return result


def _parent(controller: Controller, ref: Spec) -> Spec:
    made = {**_GATEWAY, "name": ref.get("name")}
    if ref.get("namespace") or controller.writes_empty_gateway_namespace:
        made["namespace"] = ref.get("namespace", "")
    if ref.get("sectionName") and not controller.writes_empty_gateway_namespace:
        made["sectionName"] = ref["sectionName"]
    return made


def _backends(controller: Controller, router: Spec, result: Spec, name: str) -> None:
    """Where the service's own pool is a backend: what stands for it."""
    names, scheduler = Names(name), router.get("scheduler")
    ref = as_dict(as_dict(as_dict(scheduler).get("pool")).get("ref")).get("name")
    for _, rule in maps(result.get("rules")):
        for _, backend in maps(rule.get("backendRefs")):
            if not _own_pool(backend, names):
                continue
            if not isinstance(scheduler, dict):
                # Without a scheduler there is no pool: the Service answers.
                backend |= {"group": "", "kind": "Service", "name": names.service}
            elif ref:
                backend["name"] = ref
            else:
                backend["group"] = controller.route_pool_group


def _own_pool(backend: Spec, names: Names) -> bool:
    return (
        backend.get("group") in (OLD_POOLS, V1_POOLS)
        and backend.get("kind") == "InferencePool"
        and backend.get("name") == names.pool
    )


def _model_matches(controller: Controller, spec: Spec, result: Spec, namespace: str) -> None:
    """Matches by the model's name: one for each adapter, too; none where it is switched off."""
    switched = as_dict(spec.get("annotations")).get(MODEL_ROUTING) == "true"
    lora = as_dict(as_dict(spec.get("model")).get("lora"))
    adapters = sorted(str(a["name"]) for _, a in maps(lora.get("adapters")) if a.get("name"))
    rules = []
    for _, rule in maps(result.get("rules")):
        matches = [m for _, m in maps(rule.get("matches"))]
        if not switched:
            matches = [m for m in matches if not _by_model(m)]
            if not matches:
                continue
            rule["matches"] = matches
        elif "lora" in controller.fields:
            more = [
                _for_adapter(match, namespace, adapter)
                for match in matches if _by_model(match)
                for adapter in adapters
            ]  # fmt: skip
            if more:
                rule["matches"] = [*matches, *more]
        rules.append(rule)
    if isinstance(result.get("rules"), list):
        result["rules"] = rules


def _by_model(match: Spec) -> bool:
    return any(h.get("name") == MODEL_HEADER for _, h in maps(match.get("headers")))


def _for_adapter(match: Spec, namespace: str, adapter: str) -> Spec:
    made = copied(match)
    for header in as_list(made.get("headers")):
        if header.get("name") == MODEL_HEADER:
            header["value"] = f"publishers/{namespace or 'default'}/models/{adapter}"
    return made
