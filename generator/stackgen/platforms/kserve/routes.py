"""The rules of the HTTPRoute that a preset brings, and the route of a service."""

from __future__ import annotations

from typing import Any

from stackgen.facts.shape import as_dict
from stackgen.platforms.kserve.names import PORT, Names
from stackgen.platforms.kserve.release import Controller

MODEL_HEADER = "X-Gateway-Model-Name"


def route_rules(
    controller: Controller, namespace: str, name: str, model: str
) -> list[dict[str, Any]]:
    """The preset's rules for one service; without a namespace they speak of `default`."""
    values = {"<namespace>": namespace or "default", "<name>": name, "<model>": model}
    return [_rule(row, controller, values) for row in controller.presets["routes"]]


def _rule(row: dict[str, Any], controller: Controller, values: dict[str, str]) -> dict[str, Any]:
    rule: dict[str, Any] = {"name": row["name"]} if "name" in row else {}
    rule["matches"] = _matches(row, values)
    rule["backendRefs"] = [_backend(row["to"], controller, values["<name>"])]
    if "rewrite" in row:
        path = {"type": "ReplacePrefixMatch", "replacePrefixMatch": row["rewrite"]}
        rule["filters"] = [{"type": "URLRewrite", "urlRewrite": {"path": path}}]
    rule["timeouts"] = {"request": "0s", "backendRequest": "0s"}
    return rule


def _matches(row: dict[str, Any], values: dict[str, str]) -> list[dict[str, Any]]:
    paths = [("PathPrefix", row["path"])] if "path" in row else []
    for exact in row.get("exact", ()):
        paths += [("Exact", exact), ("Exact", exact + "/")]
    matches: list[dict[str, Any]] = []
    for kind, path in paths:
        match: dict[str, Any] = {"path": {"type": kind, "value": _filled(path, values)}}
        if row.get("header"):
            value = _filled("publishers/<namespace>/models/<model>", values)
            match["headers"] = [{"name": MODEL_HEADER, "type": "Exact", "value": value}]
        matches.append(match)
    return matches


def _backend(to: str, controller: Controller, name: str) -> dict[str, Any]:
    names = Names(name)
    if to == "pool":
        return {
            "group": controller.route_pool_group,
            "kind": "InferencePool",
            "name": names.pool,
            "port": PORT,
            "weight": 1,
        }
    return {"kind": "Service", "name": names.service, "port": PORT, "weight": 1}


def _filled(text: str, values: dict[str, str]) -> str:
    for key, value in values.items():
        text = text.replace(key, value)
    return text


def route(spec: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The spec of the HTTPRoute of a service with the merged `spec`; None when it gets none."""
    router = as_dict(spec.get("router"))
    asked = router.get("route")
    http = as_dict(as_dict(asked).get("http"))
    if not isinstance(asked, dict) or http.get("refs"):
        return None
    result = dict(as_dict(http.get("spec")))
    refs = as_dict(router.get("gateway")).get("refs")
    if isinstance(refs, list) and refs:
        result["parentRefs"] = [
            {"group": "gateway.networking.k8s.io", "kind": "Gateway", **ref}
            for ref in refs
            if isinstance(ref, dict)
        ]
    if not isinstance(router.get("scheduler"), dict):
        rules = result.get("rules")
        result["rules"] = (
            [_to_service(rule, name) for rule in rules] if isinstance(rules, list) else []
        )
    return result


def _to_service(rule: Any, name: str) -> Any:
    """Without a scheduler there is no pool: the rules that would go there go to the Service."""
    if not isinstance(rule, dict) or not isinstance(rule.get("backendRefs"), list):
        return rule
    names = Names(name)
    service = {"kind": "Service", "name": names.service, "port": PORT, "weight": 1}
    backends = [
        service if isinstance(b, dict) and b.get("name") == names.pool else b
        for b in rule["backendRefs"]
    ]
    return {**rule, "backendRefs": backends}
