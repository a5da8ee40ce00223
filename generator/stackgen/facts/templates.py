"""Where each kind keeps its Pod templates, and how many Pods come of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackgen.facts.chart_servers import chart_servers
from stackgen.facts.chart_values import server_values
from stackgen.facts.config_values import config_values
from stackgen.facts.pod_templates import (
    PodTemplate,
    WorkloadKind,
    beside,
    kind_of,
    pod_templates,
)
from stackgen.facts.quantity import whole
from stackgen.facts.workloads import (
    ACCELERATOR,
    GPU,
    GPU_ACCELERATOR,
    TOPOLOGY,
    Container,
    Count,
    Preset,
    Service,
    Workload,
)
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource

# How the kinds of serving platforms describe model servers, by group and kind.
Services = Mapping[tuple[str, str], Callable[[Resource], Iterator[Workload]]]


def workloads(bundle: Bundle, services: Services) -> Iterator[Workload]:
    """Every Pod template of the bundle that asks for accelerators, or for nodes that have some."""
    for resource in bundle.objects:
        for workload in templates(resource, services):
            if _concerns(workload):
                yield replace(
                    workload,
                    containers=tuple(
                        replace(one, configured=values)
                        if (values := config_values(bundle, one.data))
                        else one
                        for one in workload.containers
                    ),
                )


def of_values(bundle: Bundle) -> Iterator[Workload]:
    """The Pods of model servers that values for Helm charts describe in part."""
    whole = {id(made.pieces(())[0]) for made in chart_servers(bundle) if made.pieces}
    for made in chart_servers(bundle):
        yield from filter(_concerns, templates(made, {}))
    for server in server_values(bundle):
        if id(server.given.holder) in whole:
            continue
        given, where = server.given, server.where
        service = Service(f"chart {given.chart}", server.model, (), splits=True, downloads=False)
        workload = Workload(
            given.holder, where, server.spec, str(server.path[-1]),
            containers(given.holder, where, server.spec),
            count(given.holder, (*where, "replicas"), 1), Count(1, ()),
            whole=False, service=service,
        )  # fmt: skip
        if not given.inside and _concerns(workload):
            yield workload


def templates(resource: Resource, services: Services) -> Iterable[Workload]:
    """Every Pod template of `resource`; none for kinds that have none."""
    described = services.get((resource.group, resource.kind))
    if described is not None:
        return described(resource)
    return resource.once(_workloads) if kind_of(resource) is not None else ()


def _workloads(resource: Resource) -> tuple[Workload, ...]:
    kind = kind_of(resource)
    assert kind is not None
    return tuple(
        _workload(resource, kind, template)
        for template in pod_templates(resource)
        if isinstance(template.data.get("spec"), dict)
    )


def count(resource: Resource, path: Path, default: int | None) -> Count:
    """The number at `path`; `default` where it is not set, or the kind has no such field."""
    value = resource.get(*path) if path else None
    return Count(default if value is None else whole(value), path)


def containers(
    resource: Resource, path: Path, spec: Any, engine: str = "", preset: Preset | None = None
) -> tuple[Container, ...]:
    """The containers of a Pod's spec at `path`.

    engine: the name of the one in which a serving platform starts vLLM; preset: what it puts
    under that one.
    """
    found = []
    for section in ("initContainers", "containers"):
        items = spec.get(section)
        for i, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                init = section == "initContainers"
                served = bool(engine) and item.get("name") == engine
                own = preset if served and not init else None
                found.append(Container(resource, (*path, section, i), item, init, own, served))
    return tuple(found)


def _workload(resource: Resource, kind: WorkloadKind, template: PodTemplate) -> Workload:
    path = template.spec_path
    if template.part in kind.single:
        return Workload(
            resource, path, template.spec, template.part,
            containers(resource, path, template.spec), Count(1, ()), Count(1, ()),
            serving=kind.runs == "server", template_path=template.path,
        )  # fmt: skip
    name = resource.get(*beside(kind.name, template)) if kind.name else template.part
    mode = resource.get(*kind.mode) if kind.mode else None
    return Workload(
        resource, path, template.spec, str(name or ""),
        containers(resource, path, template.spec),
        count(resource, beside(kind.replicas, template), kind.default),
        count(resource, beside(kind.group_size, template), kind.group_default)
        if kind.group_size else Count(1, ()),
        grouped=kind.grouped == "always" or (kind.grouped == "indexed" and mode == "Indexed"),
        serving=kind.runs == "server",
        template_path=template.path,
    )  # fmt: skip


def _concerns(workload: Workload) -> bool:
    if any(key in workload.labels for key in (ACCELERATOR, TOPOLOGY, GPU_ACCELERATOR)):
        return True
    for container in workload.containers:
        resources = container.data.get("resources")
        for section in ("limits", "requests"):
            given = resources.get(section) if isinstance(resources, dict) else None
            if isinstance(given, dict) and any(accelerates(str(key)) for key in given):
                return True
    return False


def accelerates(resource: str) -> bool:
    """Whether a resource that containers request is a GPU or TPU."""
    return "tpu" in resource.lower() or resource == GPU
