"""The InferencePool of a service, in each API group that the release writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict
from stackgen.platforms.kserve.names import (
    PORT,
    SCHEDULER_COMPONENT,
    Names,
    common,
    server_selector,
)
from stackgen.platforms.kserve.objects import obj
from stackgen.platforms.kserve.release import OLD_POOLS, V1_POOLS, Controller

PICKER_PORT = 9002


def has_scheduler(spec: dict[str, Any]) -> bool:
    """The service gets an endpoint picker and a pool of its own."""
    scheduler = as_dict(spec.get("router")).get("scheduler")
    return isinstance(scheduler, dict) and not as_dict(scheduler.get("pool")).get("ref")


def pools(
    controller: Controller, namespace: str, name: str, spec: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The pools, and the InferenceModel of releases that make one; none without a scheduler."""
    if not has_scheduler(spec):
        return
    names, labels = Names(name), common(name, SCHEDULER_COMPONENT)
    given = as_dict(
        as_dict(as_dict(as_dict(spec.get("router")).get("scheduler")).get("pool")).get("spec")
    )
    for group, version in controller.pools.items():
        body = _old(names, name) if group == OLD_POOLS else _v1(names, name)
        if given and ("endpointPickerRef" in given) == (group == V1_POOLS):
            body = {**body, **given}
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


def _v1(names: Names, name: str) -> dict[str, Any]:
    return {
        "selector": {"matchLabels": server_selector(name)},
        "targetPorts": [{"number": PORT}],
        "endpointPickerRef": {
            "kind": "Service",
            "name": names.scheduler_service,
            "port": {"number": PICKER_PORT},
            "failureMode": "FailOpen",
        },
    }


def _old(names: Names, name: str) -> dict[str, Any]:
    return {
        "selector": server_selector(name),
        "targetPortNumber": PORT,
        "extensionRef": {
            "kind": "Service",
            "name": names.scheduler_service,
            "portNumber": PICKER_PORT,
            "failureMode": "FailOpen",
        },
    }
