"""Pod specs as they are written, wherever an object of the input holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.chart_servers import chart_servers
from stackgen.facts.chart_values import server_values
from stackgen.facts.containers import containers
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, at, maps, plain
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.serving_runtime import PREDICTOR, served
from stackgen.record import record

# Where a service has Pod specs, its scheduler's included.
SERVICE_PODS: tuple[tuple[str, ...], ...] = (
    ("template",),
    ("worker",),
    ("prefill", "template"),
    ("prefill", "worker"),
    ("router", "scheduler", "template"),
)


@record
class PodSpec:
    """One Pod spec. path: where it stands in the object."""

    resource: Resource
    path: Path
    spec: dict[str, Any]

    @property
    def namespace(self) -> str:
        return self.resource.namespace

    def place(self, *path: str | int, key: bool = False) -> Place:
        return Place(self.resource, (*self.path, *path), key=key)

    def containers(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Init containers and containers, each with its path."""
        return containers(self.spec)

    def images(self) -> Iterator[tuple[Path, str]]:
        """The images that are written out, of containers and image volumes, each with its path."""
        for path, container in self.containers():
            yield from _written((*path, "image"), container.get("image"))
        for i, volume in maps(self.spec.get("volumes")):
            reference = at(volume, "image", "reference")
            yield from _written(("volumes", i, "image", "reference"), reference)


def _written(path: Path, image: Any) -> Iterator[tuple[Path, str]]:
    # Istio's injector replaces "auto".
    if isinstance(image, str) and image not in ("", "auto") and plain(image):
        yield path, image


def pod_specs(context: Context) -> Iterator[PodSpec]:
    """The Pod specs of the input: of workloads, and what services say of theirs."""
    yield from context.once(_all)


def _all(context: Context) -> tuple[PodSpec, ...]:
    return tuple(_found(context))


def _found(context: Context) -> Iterator[PodSpec]:
    yield from context.once(_of_workloads)
    for merged in served(context.bundle).values():
        yield PodSpec(merged, PREDICTOR, as_dict(merged.get(*PREDICTOR)))
    for made in chart_servers(context.bundle):
        for template in pod_templates(made):
            yield PodSpec(made, template.spec_path, template.spec)
    for service in services(context):
        for part in service.parts():
            yield PodSpec(service.resource, part.path, part.own)


def value_pods(context: Context) -> Iterator[PodSpec]:
    """What values for Helm charts say of the Pods of model servers."""
    whole = {id(made.pieces(())[0]) for made in chart_servers(context.bundle) if made.pieces}
    for server in server_values(context.bundle):
        if id(server.given.holder) not in whole:
            yield PodSpec(server.given.holder, server.where, server.spec)


def merged_pod_specs(context: Context) -> Iterator[PodSpec]:
    """The Pod specs of workloads, and those of services as they will run, with presets.

    A service that refers to a config that is not in the input is left out: it is not known.
    """
    yield from context.once(_of_workloads)
    for service in services(context):
        for path in SERVICE_PODS if service.whole else ():
            merged = at(service.merged, *path)
            if isinstance(merged, dict):
                yield PodSpec(service.resource, ("spec", *path), merged)


def _of_workloads(context: Context) -> tuple[PodSpec, ...]:
    return tuple(
        PodSpec(resource, template.spec_path, template.spec)
        for resource in context.bundle.objects
        for template in pod_templates(resource)
        if template.spec
    )
