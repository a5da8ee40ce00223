"""An InferenceService together with the ServingRuntime that it runs in.

The server is the first container, `kserve-container` of the runtime, with what `model` of the
service says over it: its args follow those of the runtime, all else replaces or completes them. The
volumes, tolerations and node labels of the runtime are those of the Pods. Source: kserve/kserve
pkg/controller/v1beta1/inferenceservice/utils/utils.go, MergeRuntimeContainers and MergePodSpec.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackgen.facts.shape import as_dict, as_list, maps, named, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record

GROUP = "serving.kserve.io"
CONTAINER = "kserve-container"
PREDICTOR = ("spec", "predictor")
MODEL = (*PREDICTOR, "model")
KINDS = ("ServingRuntime", "ClusterServingRuntime")
# What of a runtime becomes a part of the Pods.
_POD = (
    "nodeSelector", "affinity", "tolerations", "volumes", "imagePullSecrets", "schedulerName",
)  # fmt: skip
_KEYS = {
    "env": "name", "volumeMounts": "mountPath", "ports": "containerPort", "volumes": "name",
    "imagePullSecrets": "name",
}  # fmt: skip
# What of `model` is no field of a container.
_OF_MODEL = ("modelFormat", "runtime", "storageUri", "storage", "protocolVersion", "runtimeVersion")


@record
class _Origin:
    """Where a part of the merged object was written."""

    resource: Resource
    path: Path


def served(bundle: Bundle) -> Mapping[int, Resource]:
    """The services whose runtime is in the bundle, put together; by the id of the service."""
    return bundle.once(_served)


def runtime_of(bundle: Bundle, service: Resource) -> Resource | None:
    """The runtime that KServe takes; None if it is not in the bundle, or not known."""
    model = service.get(*MODEL)
    if not isinstance(model, dict):
        return None
    wanted = text(model.get("runtime"))
    mine = [r for r in bundle.of_kind(KINDS[0], GROUP) if r.namespace == service.namespace]
    for near in (mine, list(bundle.of_kind(KINDS[1], GROUP))):
        fitting = [r for r in near if (r.name == wanted if wanted else _selects(r, model))]
        if fitting:
            return _nearest(fitting, service)
    return None


def _nearest(runtimes: list[Resource], service: Resource) -> Resource | None:
    """The only one; of samples with one name, that of the file or folder of the service."""
    folder = os.path.dirname(service.file)
    for found in (
        runtimes,
        [one for one in runtimes if one.file == service.file],
        [one for one in runtimes if os.path.dirname(one.file) == folder],
    ):
        if len(found) == 1:
            return found[0]
    return None


def _selects(runtime: Resource, model: dict[str, Any]) -> bool:
    """Whether KServe may take the runtime by itself for a model format."""
    asked = as_dict(model.get("modelFormat"))
    version = str(asked.get("version") or "")
    return runtime.get("spec", "disabled") is not True and any(
        one.get("name") == asked.get("name") and one.get("autoSelect") is True
        and (not version or str(one.get("version") or version) == version)
        for _, one in maps(runtime.get("spec", "supportedModelFormats"))
    )  # fmt: skip


def _served(bundle: Bundle) -> dict[int, Resource]:
    found = {}
    for service in bundle.of_kind("InferenceService", GROUP):
        runtime = runtime_of(bundle, service)
        server = named(runtime.get("spec", "containers"), CONTAINER) if runtime else None
        if runtime is not None and server is not None:
            found[id(service)] = _Merge(service, runtime).result(server[0])
    return found


class _Merge:
    """One service over one runtime."""

    def __init__(self, service: Resource, runtime: Resource) -> None:
        self._service, self._runtime = service, runtime
        self._origins: dict[Path, _Origin] = {}

    def result(self, index: int) -> Resource:
        spec = as_dict(self._runtime.get("spec"))
        predictor = as_dict(self._service.get(*PREDICTOR))
        below = {key: spec[key] for key in _POD if key in spec}
        pod = self._dicts(below, ("spec",), predictor, PREDICTOR, PREDICTOR)
        path: Path = ("spec", "containers", index)
        below = _filled(self._runtime.get(*path), self._service)
        model = as_dict(predictor.get("model"))
        here: Path = (*PREDICTOR, "containers", 0)
        self._origins[here] = _Origin(self._service, MODEL)
        server = self._dicts(below, path, model, MODEL, here)
        pod["model"] = {key: server.pop(key) for key in _OF_MODEL if key in server}
        pod["containers"] = [server, *self._beside("containers", predictor, index)]
        pod["initContainers"] = self._beside("initContainers", predictor, -1)
        data = {**self._service.data, "spec": {**self._service.data["spec"], "predictor": pod}}
        return replace(self._service, data=data, pieces=self._piece)

    def _piece(self, path: Path) -> tuple[Resource, Path]:
        for size in range(len(path), 0, -1):
            found = self._origins.get(path[:size])
            if found is not None:
                return found.resource, (*found.path, *path[size:])
        return self._service, path

    def _beside(self, section: str, predictor: dict[str, Any], server: int) -> list[Any]:
        """The other containers: those of the service, then those of the runtime."""
        found: list[Any] = []
        for holder, path in ((self._service, PREDICTOR), (self._runtime, ("spec",))):
            for i, one in enumerate(as_list(holder.get(*path, section))):
                if holder is self._service or i != server:
                    here: Path = (*PREDICTOR, section, len(found) + (section == "containers"))
                    self._origins[here] = _Origin(holder, (*path, section, i))
                    found.append(one)
        return found

    def _dicts(
        self, below: dict[str, Any], under: Path, over: dict[str, Any], own: Path, here: Path
    ) -> dict[str, Any]:
        """Two objects as one at `here`. under, own: where they stand."""
        found = dict(over)
        for key, value in below.items():
            where = ((*under, key), (*own, key), (*here, key))
            mine = over.get(key)
            if mine is None:
                found[key] = value
                self._origins[where[2]] = _Origin(self._runtime, where[0])
            elif key == "args":
                found[key] = self._lists(as_list(value), as_list(mine), "", *where)
            elif key in _KEYS and isinstance(value, list) and isinstance(mine, list):
                found[key] = self._lists(value, mine, _KEYS[key], *where)
            elif isinstance(value, dict) and isinstance(mine, dict):
                found[key] = self._dicts(value, where[0], mine, where[1], where[2])
        return found

    def _lists(
        self, below: list[Any], over: list[Any], key: str, under: Path, own: Path, here: Path
    ) -> list[Any]:
        """The items below that have no item of their key over them, and then those over them."""
        given = {as_dict(one).get(key) for one in over} if key else set()
        found: list[Any] = []
        for i, one in enumerate(below):
            if not key or as_dict(one).get(key) not in given:
                self._origins[*here, len(found)] = _Origin(self._runtime, (*under, i))
                found.append(one)
        for i, one in enumerate(over):
            self._origins[*here, len(found)] = _Origin(self._service, (*own, i))
            found.append(one)
        return found


def _filled(value: Any, service: Resource) -> Any:
    """A part of a runtime with the name of the service for `{{.Name}}`."""
    if isinstance(value, dict):
        return {key: _filled(one, service) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, service) for one in value]
    if isinstance(value, str) and "{{" in value:
        return value.replace("{{.Name}}", service.name).replace("{{ .Name }}", service.name)
    return value


def merged_runtimes(bundle: Bundle) -> Iterator[Resource]:
    """The runtimes in which a service of the bundle runs."""
    for service in bundle.of_kind("InferenceService", GROUP):
        runtime = runtime_of(bundle, service)
        if runtime is not None and id(service) in served(bundle):
            yield runtime
