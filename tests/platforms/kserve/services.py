"""Services to expand, releases to expand them with, and ways to look at what comes of it."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.platforms.kserve.expand import Expanded
from stackgen.platforms.kserve.release import Controller, controller, controllers

FIRST = "llm-d-infra-xks-0.15"
CATALOG = Catalog()
ROWS = [c.name for c in controllers(CATALOG)]


def row(name: str) -> Controller:
    found = controller(CATALOG, name)
    assert found is not None
    return found


def service(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "LLMInferenceService",
        "metadata": {"name": "qwen", "namespace": "serving"},
        "spec": {"model": {"uri": "hf://Qwen/Qwen3-0.6B", "name": "Qwen/Qwen3-0.6B"}, **spec},
    }


FULL = {"router": {"route": {}, "gateway": {}, "scheduler": {}}, "replicas": 2}
GROUPED = {"parallelism": {"data": 8, "dataLocal": 4}, "template": {}, "worker": {}}
SPLIT = {**FULL, "prefill": {"replicas": 1}}


def names(found: Expanded) -> set[tuple[str, str]]:
    return {(o["kind"], o["metadata"]["name"]) for o in found.objects}


def one(found: Expanded, kind: str, name: str = "") -> dict[str, Any]:
    (wanted,) = [
        o for o in found.objects if o["kind"] == kind and name in ("", o["metadata"]["name"])
    ]
    return wanted
