"""From a Gateway to pods: what of the chain is in the input, and what the controller adds to it.

An object that is not in the input is unknown, not missing: another source may have made it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, View, view
from stackgen.facts.chart_servers import chart_servers
from stackgen.facts.pod_templates import PodTemplate, templates_of
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import LabelIndex, selector
from stackgen.record import record

GATEWAY_API = "gateway.networking.k8s.io"
LWS_NAME = "leaderworkerset.sigs.k8s.io/name"
LWS_INDEX = "leaderworkerset.sigs.k8s.io/worker-index"
_LWS_LEADER = ("spec", "leaderWorkerTemplate", "leaderTemplate")
POOL_GROUPS = ("inference.networking.k8s.io", "inference.networking.x-k8s.io")


@record
class ApiObject:
    """An object of the chain: of the input, or predicted for a service of the input.

    resource: where findings point; for a predicted object, the service. data: the object itself.
    """

    resource: Resource
    data: Mapping[str, Any]
    service: Service | None = None

    @cached_property
    def group(self) -> str:
        return text(self.data.get("apiVersion")).rpartition("/")[0]

    @cached_property
    def kind(self) -> str:
        return text(self.data.get("kind"))

    @cached_property
    def name(self) -> str:
        return text(at(self.data, "metadata", "name"))

    @cached_property
    def namespace(self) -> str:
        return text(at(self.data, "metadata", "namespace"))

    def get(self, *path: str | int) -> Any:
        return at(self.data, *path)

    def place(self, *path: str | int, key: bool = False, note: str = "") -> Place:
        """In the object itself, or, where it is predicted, at what it is predicted from."""
        if self.service is None:
            return Place(self.resource, path, key=key, note=note)
        return Place(self.resource, _cause(self.service, path), note=note)


def _cause(service: Service, path: Path) -> Path:
    """What in a service decides the part `path` of its route."""
    gateway: Path = ("spec", "router", "gateway", "refs")
    own: Path = ("spec", "router", "route", "http", *path)
    if path[:2] == ("spec", "parentRefs") and service.resource.get(*gateway):
        return (*gateway, *path[2:3])
    return own if service.resource.get(*own) is not None else ("spec", "router")


@record
class Pods:
    """A Pod template: labels, containers, and what it belongs to."""

    owner: ApiObject
    labels: Mapping[str, str]
    spec: Mapping[str, Any]
    annotations: Mapping[str, Any] = field(default_factory=dict)

    def ports(self) -> Iterator[tuple[str, int | None]]:
        """(name, number) of every container port; sidecars among init containers count."""
        for section in ("containers", "initContainers"):
            for _, container in maps(self.spec.get(section)):
                for _, port in maps(container.get("ports")):
                    number = port.get("containerPort")
                    yield text(port.get("name")), number if isinstance(number, int) else None


class Chain:
    """The objects between clients and pods."""

    def __init__(self, seen: View) -> None:
        self.view = seen

    @cached_property
    def objects(self) -> tuple[ApiObject, ...]:
        """Everything in the input, then everything predicted."""
        found = [ApiObject(r, r.data) for r in self.view.bundle.objects]
        found += [ApiObject(r, r.data) for r in chart_servers(self.view.bundle)]
        for service in self.view.services:
            found += [ApiObject(service.resource, o, service) for o in service.expanded().objects]
        return tuple(found)

    @cached_property
    def _kinds(self) -> Mapping[str, list[ApiObject]]:
        found: dict[str, list[ApiObject]] = {}
        for obj in self.objects:
            found.setdefault(obj.kind, []).append(obj)
        return found

    @cached_property
    def _names(self) -> Mapping[tuple[str, str, str], list[ApiObject]]:
        found: dict[tuple[str, str, str], list[ApiObject]] = {}
        for obj in self.objects:
            found.setdefault((obj.kind, applied_to(obj.namespace), obj.name), []).append(obj)
        return found

    def of(self, kind: str, *groups: str) -> Iterator[ApiObject]:
        """The objects of a kind, of any group unless some are named."""
        for obj in self._kinds.get(kind, ()):
            if not groups or obj.group in groups:
                yield obj

    def named(self, kind: str, namespace: str, name: str) -> list[ApiObject]:
        """The objects of this name, of any group."""
        return self._names.get((kind, applied_to(namespace), name), [])

    def find(self, kind: str, namespace: str, name: str, *groups: str) -> ApiObject | None:
        """The object of this name; of several groups the first."""
        for obj in self.named(kind, namespace, name):
            if not groups or obj.group in groups:
                return obj
        return None

    def nearest(
        self, kind: str, namespace: str, name: str, by: Resource, *groups: str
    ) -> list[ApiObject]:
        """The objects of this name: those in the file of `by`, else in its folder, else all.

        Samples beside each other often have the same names, and only one of them is applied.
        """
        found = [x for x in self.named(kind, namespace, name) if not groups or x.group in groups]
        beside = [x for x in found if x.resource.file == by.file]
        here = os.path.dirname(by.file)
        return beside or [x for x in found if os.path.dirname(x.resource.file) == here] or found

    @cached_property
    def routes(self) -> tuple[ApiObject, ...]:
        """HTTPRoutes and GRPCRoutes."""
        return (*self.of("HTTPRoute", GATEWAY_API), *self.of("GRPCRoute", GATEWAY_API))

    def backends(self, route: ApiObject) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The backendRefs of a route, with their paths."""
        for i, rule in maps(route.get("spec", "rules")):
            for j, backend in maps(rule.get("backendRefs")):
                yield ("spec", "rules", i, "backendRefs", j), backend

    @cached_property
    def pods(self) -> Mapping[str, list[Pods]]:
        """Every Pod template, by namespace."""
        found: dict[str, list[Pods]] = {}
        for obj in self.objects:
            for template in templates_of(obj.group, obj.kind, obj.data):
                marks = as_dict(at(template.data, "metadata", "annotations"))
                pods = Pods(obj, _labels(obj, template), template.spec, marks)
                found.setdefault(obj.namespace, []).append(pods)
        return found

    def selected(self, namespace: str, labels: Mapping[str, Any]) -> list[Pods]:
        """The Pods of a namespace that bear all these labels."""
        wanted = selector({"matchLabels": dict(labels)})
        return [
            p
            for p in self._labelled.candidates(applied_to(namespace), wanted)
            if all(p.labels.get(k) == v for k, v in labels.items())
        ]

    def everywhere(self, chosen: Mapping[str, Any]) -> Iterator[tuple[Pods, bool]]:
        """The Pods of all namespaces that a label selector may select, and whether it does."""
        return self._chosen(chosen, "*")

    def within(self, chosen: Mapping[str, Any], namespace: str) -> Iterator[tuple[Pods, bool]]:
        """Those of one namespace."""
        return self._chosen(chosen, applied_to(namespace))

    def _chosen(self, chosen: Mapping[str, Any], space: str) -> Iterator[tuple[Pods, bool]]:
        wanted = selector(chosen)
        for pods in self._labelled.candidates(space, wanted):
            matched = wanted.matches(pods.labels)
            if matched is not False:
                yield pods, bool(matched)

    @cached_property
    def _labelled(self) -> LabelIndex[Pods]:
        """By namespace, and under "*" all."""
        return LabelIndex(
            (space, pods.labels, True, pods)
            for here in self.pods.values()
            for pods in here
            for space in (applied_to(pods.owner.namespace), "*")
        )


def _labels(obj: ApiObject, template: PodTemplate) -> dict[str, Any]:
    """The labels of the Pods, with those that the controller of LeaderWorkerSet adds."""
    if obj.kind != "LeaderWorkerSet":
        return template.labels
    first = template.part == "leader" or not at(obj.data, *_LWS_LEADER)
    return {LWS_NAME: obj.name, **({LWS_INDEX: "0"} if first else {}), **template.labels}


def applied_to(namespace: str) -> str:
    """Without a namespace, an object is most often applied to the namespace `default`."""
    return "" if namespace == "default" else namespace


def chain(context: Context) -> Chain:
    """The chain of a context, shared by all rules."""
    return context.once(_chain)


def _chain(context: Context) -> Chain:
    return Chain(view(context))


def is_pool(ref: Mapping[str, Any]) -> bool:
    """A reference means an InferencePool, in whatever group it is sought."""
    return ref.get("kind") == "InferencePool"


def is_service(ref: Mapping[str, Any]) -> bool:
    """A reference means a core Service, as it does when it says nothing."""
    return ref.get("kind", "Service") == "Service" and ref.get("group", "") in ("", None)
