"""Where each kind keeps its pod templates, and how many pods come of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stackgen.facts.pod_templates import (
    PodTemplate,
    WorkloadKind,
    beside,
    kind_of,
    pod_templates,
)
from stackgen.facts.quantity import whole
from stackgen.facts.workloads import Container, Count, Probes, Workload
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

Presets = Callable[[bool], Probes]
_KSERVE = ("LLMInferenceService", "LLMInferenceServiceConfig")


def templates(resource: Resource, presets: Presets) -> Iterator[Workload]:
    """Every pod template of `resource`; none for kinds that have none."""
    if resource.group == "serving.kserve.io" and resource.kind in _KSERVE:
        yield from _kserve(resource, presets)
        return
    kind = kind_of(resource)
    if kind is None:
        return
    for template in pod_templates(resource):
        if isinstance(template.data.get("spec"), dict):
            yield _workload(resource, kind, template)


def _count(resource: Resource, path: Path, default: int | None) -> Count:
    """The number at `path`; `default` where it is not set, or the kind has no such field."""
    value = resource.get(*path) if path else None
    return Count(default if value is None else whole(value), path)


def _containers(
    resource: Resource, path: Path, spec: Any, preset: Probes | None = None
) -> tuple[Container, ...]:
    found = []
    for section in ("initContainers", "containers"):
        items = spec.get(section)
        for i, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                own = preset if section == "containers" and item.get("name") == "main" else None
                init = section == "initContainers"
                found.append(Container(resource, (*path, section, i), item, init, own))
    return tuple(found)


def _workload(resource: Resource, kind: WorkloadKind, template: PodTemplate) -> Workload:
    path = template.spec_path
    name = resource.get(*beside(kind.name, template)) if kind.name else template.part
    mode = resource.get(*kind.mode) if kind.mode else None
    return Workload(
        resource, path, template.spec, str(name or ""),
        _containers(resource, path, template.spec),
        _count(resource, beside(kind.replicas, template), kind.default),
        _count(resource, beside(kind.group_size, template), kind.group_default)
        if kind.group_size else Count(1, ()),
        grouped=kind.grouped == "always" or (kind.grouped == "indexed" and mode == "Indexed"),
        serving=kind.runs == "server",
        template_path=template.path,
    )  # fmt: skip


def _kserve(resource: Resource, presets: Presets) -> Iterator[Workload]:
    partial = resource.kind == "LLMInferenceServiceConfig" or bool(resource.get("spec", "baseRefs"))
    for base, part in ((("spec",), ""), (("spec", "prefill"), "prefill")):
        several = isinstance(resource.get(*base, "worker"), dict)
        size = _group_size(resource, base) if several else Count(1, ())
        scaled = resource.get(*base, "scaling") is not None
        replicas = _count(resource, (*base, "replicas"), None if partial or scaled else 1)
        for name in ("template", "worker"):
            path = (*base, name)
            spec = resource.get(*path)
            if not isinstance(spec, dict):
                continue
            preset = (
                None if several or partial else presets(resource.get("spec", "prefill") is not None)
            )
            which = "leader" if several and name == "template" else name if several else ""
            yield Workload(
                resource, path, spec, " ".join(p for p in (part, which) if p),
                _containers(resource, path, spec, preset), replicas, size,
                grouped=several, whole=not partial,
            )  # fmt: skip


def _group_size(resource: Resource, base: tuple[str, ...]) -> Count:
    """KServe: data / dataLocal, or else pipeline, is the number of pods in a group."""
    path = (*base, "parallelism")
    data, local = resource.get(*path, "data"), resource.get(*path, "dataLocal")
    if data is not None:
        size, per_pod = whole(data), 1 if local is None else whole(local)
        known = size is not None and per_pod and size % per_pod == 0
        return Count(size // per_pod if known and size and per_pod else None, (*path, "data"))
    pipeline = resource.get(*path, "pipeline")
    return Count(whole(pipeline) if pipeline is not None else None, (*path, "pipeline"))
