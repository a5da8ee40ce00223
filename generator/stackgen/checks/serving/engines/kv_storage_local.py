"""KV cache that one server writes to a folder which the other does not have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, pod_runs
from stackgen.checks.serving.podspecs import PodSpec
from stackgen.escape import visible
from stackgen.facts.folders import is_below
from stackgen.facts.shape import as_dict, maps, named, text
from stackgen.findings.model import Violations, violation

_TRANSFER = "kv-transfer-config"
# Connectors that keep the cache in files, and the key of their folder.
_CONNECTORS = ("ExampleConnector", "SharedStorageConnector")
_FOLDER = "shared_storage_path"
_ROLES = ("kv_producer", "kv_consumer")


def check(context: Context) -> Violations:
    """One finding for each server that is only a producer or only a consumer."""
    for pod, _, run in pod_runs(context):
        told = _config(run)
        folder = text(as_dict(told.get("kv_connector_extra_config")).get(_FOLDER))
        one_side = told.get("kv_connector") in _CONNECTORS and told.get("kv_role") in _ROLES
        if not one_side or not folder.startswith("/") or len(list(_mounting(pod, folder))) > 1:
            continue
        volume = next(iter(_mounting(pod, folder)), None)
        if volume is None or "emptyDir" in volume:
            what = "in the container alone" if volume is None else "an emptyDir of this Pod"
            yield violation(
                f"{visible(folder)} is {what}, so that a server in another Pod does not see the "
                f"KV cache of {told['kv_connector']}",
                run.flag(_TRANSFER),
            )


def _config(run: EngineRun) -> dict[str, Any]:
    value = run.line.text(_TRANSFER)
    try:
        return as_dict(json.loads(value.strip("'"))) if value else {}
    except (ValueError, RecursionError):
        return {}


def _mounting(pod: PodSpec, folder: str) -> Iterator[dict[str, Any]]:
    """The volume in which the folder is, for each container of the Pod that mounts it."""
    for _, container in pod.containers():
        mounts = [m for _, m in maps(container.get("volumeMounts"))]
        below = [m for m in mounts if is_below(folder, text(m.get("mountPath")) or "-")]
        if below:
            last = max(below, key=lambda m: len(text(m.get("mountPath"))))
            volume = named(pod.spec.get("volumes"), text(last.get("name")))
            if volume is not None:
                yield volume[1]
