"""What a rollout installs: charts, Kustomize overlays, operands, and the controllers they run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.facts.shape import as_list, at, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Key, Need, key_of

CONTROLLER = "controller"


def controller_key(name: str) -> Key:
    """The key under which a controller counts as an object."""
    return Key("", CONTROLLER, "", name)


@record
class Source:
    """What a HelmRelease, Application or Flux Kustomization installs. values: of the chart."""

    chart: str = ""
    path: str = ""
    values: Path = ()


class Installed:
    """The controllers that the objects of a rollout bring, and the definitions of kinds."""

    def __init__(self, objects: Iterable[Resource], kinds: Kinds, release: Row | None) -> None:
        self.kinds = kinds
        self._charts: Mapping[str, Any] = release.data.get("charts", {}) if release else {}
        self._definitions: dict[tuple[str, str], Key] = {}
        self._sources: dict[Key, Source] = {}
        self._by_kind: dict[str, list[Resource]] = {}
        self._by_chart: dict[str, list[Resource]] = {}
        self._by_path: list[tuple[str, Resource]] = []
        self._read(list(objects))
        self._providers: dict[str, tuple[Resource, ...]] = {}
        self._of_deployment: dict[str, str] = {}
        self._chart_rows: dict[str, Mapping[str, Any]] = {}
        for name in kinds.controllers():
            row = kinds.controller(name)
            installers = row.get("installed_by", ())
            self._providers[name] = tuple(r for one in installers for r in self._matching(one))
            if "secret" in row:
                self._chart_rows |= {one["chart"]: row for one in installers if "chart" in one}
            self._of_deployment |= dict.fromkeys(row.get("deployments", ()), name)

    def _read(self, objects: list[Resource]) -> None:
        repositories = {
            (r.namespace, r.name): text(r.get("spec", "url"))
            for r in objects if r.kind == "OCIRepository"
        }  # fmt: skip
        for resource in objects:
            if resource.kind == "CustomResourceDefinition":
                group = text(resource.get("spec", "group"))
                kind = text(resource.get("spec", "names", "kind"))
                self._definitions[group, kind] = key_of(resource)
            self._by_kind.setdefault(f"{resource.kind}.{resource.group}", []).append(resource)
            source = _source(resource, repositories)
            if source is None:
                continue
            self._sources[key_of(resource)] = source
            if source.chart:
                self._by_chart.setdefault(source.chart, []).append(resource)
                for name in self._rendered(resource, source):
                    self._by_kind.setdefault(name, []).append(resource)
            if source.path:
                self._by_path.append((source.path, resource))

    def _matching(self, installer: Mapping[str, str]) -> list[Resource]:
        """The objects that an element of `installed_by` means."""
        if "chart" in installer:
            return self._by_chart.get(installer["chart"], [])
        if "kind" in installer:
            return self._by_kind.get(installer["kind"], [])
        return [r for path, r in self._by_path if path.endswith(installer["overlay"])]

    def of(self, controller: str) -> tuple[Resource, ...]:
        """The objects of the rollout that install a controller; none where others do."""
        return self._providers.get(controller, ())

    def lacking(self, controller: str) -> str:
        """The operand that would make a controller run, where only its operator is installed."""
        for one in self.kinds.controller(controller).get("installed_by", ()):
            kind, _, group = one.get("kind", "").partition(".")
            if kind and self.of(self.kinds.of(group, kind).controller) and not self.of(controller):
                return str(kind)
        return ""

    def controller_of(self, key: Key) -> str:
        """The controller whose Deployment or DaemonSet this is; empty for others."""
        if key.group != "apps":
            return ""
        return self._of_deployment.get(key.name, "")

    def definition(self, group: str, kind: str) -> Key | None:
        """The CustomResourceDefinition of a kind among the objects."""
        return self._definitions.get((group, kind))

    def source(self, key: Key) -> Source | None:
        """What an object installs; None for objects that install nothing."""
        return self._sources.get(key)

    def needs(self, resource: Resource) -> Iterator[Need]:
        """What an installation needs besides what its kind does: its pull secret."""
        source = self._sources.get(key_of(resource))
        row = self._chart_rows.get(source.chart) if source is not None else None
        if source is None or row is None:
            return
        path = (*source.values, *row["secret"])
        name = text(resource.get(*path))
        space = (
            text(resource.get("spec", "targetNamespace"))
            or text(resource.get("spec", "destination", "namespace"))
            or resource.namespace
        )
        if name:
            yield Need("made", f"Secret {space}/{name}", path, Key("", "Secret", space, name))
            return
        registry = self._charts.get(source.chart, {}).get("registry", "")
        login = self.kinds.login(f"{registry}/any") if registry else ""
        if login:
            what = f"a pull secret for {login}"
            yield Need("never", what, ("metadata", "name"), rule="pod-pull-secret")

    def _rendered(self, resource: Resource, source: Source) -> Iterator[str]:
        """The operands that a chart renders, `Kind.group`, without those that are dropped."""
        row = self._charts.get(source.chart)
        dropped = {
            text(at(patch, "target", "kind"))
            for _, renderer in maps(resource.get("spec", "postRenderers"))
            for patch in as_list(at(renderer, "kustomize", "patches"))
            if "$patch" in text(at(patch, "patch")) and "delete" in text(at(patch, "patch"))
        }
        for kind in as_list(row.get("renders")) if row else ():
            if kind not in dropped:
                yield from self.kinds.kinds_called(kind)


def _source(resource: Resource, repositories: Mapping[tuple[str, str], str]) -> Source | None:
    where = (resource.group, resource.kind)
    if where == ("helm.toolkit.fluxcd.io", "HelmRelease"):
        chart = text(resource.get("spec", "chart", "spec", "chart"))
        ref = resource.get("spec", "chartRef")
        if not chart and isinstance(ref, dict):
            space = text(ref.get("namespace")) or resource.namespace
            chart = repositories.get((space, text(ref.get("name"))), "")
        return Source(chart.rstrip("/").rpartition("/")[2], "", ("spec", "values"))
    if where == ("argoproj.io", "Application"):
        source = resource.get("spec", "source")
        path = text(at(source, "path")).strip("./")
        chart = text(at(source, "chart")) or (
            path.rpartition("/")[2] if isinstance(at(source, "helm"), dict) else ""
        )
        return Source(chart, "" if chart else path, ("spec", "source", "helm", "valuesObject"))
    if where == ("kustomize.toolkit.fluxcd.io", "Kustomization"):
        return Source("", text(resource.get("spec", "path")).strip("./"))
    return None
