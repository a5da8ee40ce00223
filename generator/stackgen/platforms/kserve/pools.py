"""The InferencePool of a service, in each API group that the release writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict, maps
from stackgen.platforms.kserve.names import Names, obj, scheduler_labels, server_selector
from stackgen.platforms.kserve.release import OLD_POOLS, Controller

PICKER_PORT = 9002


def has_scheduler(spec: dict[str, Any]) -> bool:
    """The service gets an endpoint picker and a pool of its own."""
    scheduler = as_dict(spec.get("router")).get("scheduler")
    return isinstance(scheduler, dict) and not as_dict(scheduler.get("pool")).get("ref")


def pools(
    controller: Controller, namespace: str, name: str, spec: dict[str, Any], *, old: bool = True
) -> Iterator[dict[str, Any]]:
    """The pools, and the InferenceModel of releases that make one; none without a scheduler.

    old: whether the older InferencePool is defined. Releases that do without it leave its pool out.
    """
    if not has_scheduler(spec):
        return
    names, labels = Names(name), scheduler_labels(name)
    given = as_dict(as_dict(spec["router"]["scheduler"].get("pool")).get("spec"))
    for group, version in controller.pools.items():
        if group == OLD_POOLS and not old:
            continue
        body = (_old if group == OLD_POOLS else _v1)(given, name)
        api = f"{group}/{version}"
        yield obj(api, "InferencePool", namespace, names.pool, labels, {"spec": body})
    if controller.inference_model:
        model = as_dict(spec.get("model"))
        body = {
            "modelName": model.get("name") or name,
            "criticality": model.get("criticality") or "Critical",
            "poolRef": {"group": OLD_POOLS, "kind": "InferencePool", "name": names.pool},
        }
        yield obj(
            f"{OLD_POOLS}/v1alpha2", "InferenceModel", namespace,
            names.child("-inference-model"), labels, {"spec": body},
        )  # fmt: skip


def _parts(given: dict[str, Any], name: str) -> tuple[dict[str, Any], list[int], dict[str, Any]]:
    """(labels of the selector, ports, reference to the picker) of a spec of either group."""
    old = "extensionRef" in given or "targetPortNumber" in given
    selector = as_dict(given.get("selector"))
    selector = selector if old else as_dict(selector.get("matchLabels"))
    if old:
        ports = [given["targetPortNumber"]] if "targetPortNumber" in given else []
        return selector or server_selector(name), ports, as_dict(given.get("extensionRef"))
    ports = [p.get("number") for _, p in maps(given.get("targetPorts"))]
    return selector or server_selector(name), ports, as_dict(given.get("endpointPickerRef"))


def _v1(given: dict[str, Any], name: str) -> dict[str, Any]:
    selector, ports, ref = _parts(given, name)
    port = as_dict(ref.get("port")).get("number") or ref.get("portNumber") or PICKER_PORT
    kept = {key: ref[key] for key in ("group", "kind", "name", "failureMode") if key in ref}
    body: dict[str, Any] = {
        "selector": {"matchLabels": selector},
        "targetPorts": [{"number": number} for number in ports],
        "endpointPickerRef": {**kept, "port": {"number": port}},
    }
    return body


def _old(given: dict[str, Any], name: str) -> dict[str, Any]:
    selector, ports, ref = _parts(given, name)
    port = as_dict(ref.get("port")).get("number") or ref.get("portNumber")
    kept = {key: ref[key] for key in ("group", "kind", "name", "failureMode") if key in ref}
    body: dict[str, Any] = {"selector": selector, "extensionRef": kept}
    if port:
        body["extensionRef"] = {**kept, "portNumber": port}
    if ports:
        body["targetPortNumber"] = ports[0]
    return body
