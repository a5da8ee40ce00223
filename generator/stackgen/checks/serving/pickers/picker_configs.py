"""Configurations of endpoint pickers in the input, with the versions that read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.catalog.charts import meaning
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, Pods, chain
from stackgen.checks.serving.pickers.pickers import Picker, pickers
from stackgen.checks.serving.view import Service, services
from stackgen.facts.chart_values import installs
from stackgen.facts.pickers import PickerVersion, picker_version
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place
from stackgen.manifest.document import Path, show_path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.platforms.kserve.names import CONFIG_KIND
from stackgen.platforms.kserve.release import GROUP
from stackgen.record import record

KIND = "EndpointPickerConfig"
_WHERE: Path = ("spec", "router", "scheduler")
_INLINE: Path = (*_WHERE, "config", "inline")


@record
class PickerConfig:
    """One EndpointPickerConfig. path: of it in the object; with `within`, of the text it is in.

    versions: of the pickers of the input that read it. Empty when none is known.
    """

    resource: Resource
    path: Path
    data: dict[str, Any]
    versions: tuple[PickerVersion, ...]
    within: bool = False

    def place(self, path: Path, *, key: bool = False) -> Place:
        """A place in the configuration; of one in a text, the text."""
        if self.within:
            return Place(self.resource, self.path, key=True)
        return Place(self.resource, (*self.path, *path), key=key)

    def said(self, message: str, path: Path) -> str:
        """The message, with the path where the place cannot show it."""
        return f"{message} ({show_path(path)})" if self.within and path else message


def picker_configs(context: Context) -> tuple[PickerConfig, ...]:
    """All of them, found once in a run."""
    return context.once(_configs)


def _configs(context: Context) -> tuple[PickerConfig, ...]:
    links = chain(context)
    return (
        *_inline(context),
        *_config_maps(context, links),
        *_in_flags(links),
        *_in_values(context),
    )


def _in_values(context: Context) -> Iterator[PickerConfig]:
    """Those that values of charts bring. The version is that of the image in the values."""
    for install in installs(context.bundle):
        row = as_dict(meaning()["rules"].get(install.chart.chart, {}).get("picker"))
        given = as_dict(at(install.values, *row["configs"])) if "configs" in row else {}
        for key, value in given.items():
            if isinstance(value, str) and KIND in value:
                place = install.place(*row["configs"], key)
                for data in _documents(value, key) if place.resource is not None else ():
                    assert place.resource is not None
                    yield PickerConfig(place.resource, place.path, data, (), within=True)


def _inline(context: Context) -> Iterator[PickerConfig]:
    for service in services(context):
        data = as_dict(service.resource.get(*_INLINE))
        if data:
            yield PickerConfig(service.resource, _INLINE, data, _of_service(service))
    for resource in context.bundle.of_kind(CONFIG_KIND, GROUP):
        data = as_dict(resource.get(*_INLINE))
        if data:
            yield PickerConfig(resource, _INLINE, data, ())


def _of_service(service: Service) -> tuple[PickerVersion, ...]:
    """The version in the scheduler's container, as the service and its presets say."""
    containers = at(service.merged, *_WHERE[1:], "template", "containers")
    found = (picker_version(text(c.get("image"))) for _, c in maps(containers))
    return tuple(version for version in found if version is not None)


def _config_maps(context: Context, links: Chain) -> Iterator[PickerConfig]:
    readers = [(p, picker_version(text(p.container.get("image")))) for p in pickers(links)]
    for resource in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(resource.get("data")).items():
            if not isinstance(value, str) or KIND not in value:
                continue
            versions = [
                v
                for p, v in readers
                if v is not None and _reads(p, resource.namespace, resource.name)
            ]
            for service in services(context):
                ref = as_dict(service.resource.get(*_WHERE, "config", "ref"))
                if (service.namespace, ref.get("name")) == (resource.namespace, resource.name):
                    versions += _of_service(service)
            for data in _documents(value, str(key)):
                path: Path = ("data", key)
                yield PickerConfig(resource, path, data, tuple(versions), within=True)


def _reads(picker: Picker, namespace: str, name: str) -> bool:
    """Whether a volume of the picker's Pods is the ConfigMap."""
    volumes = maps(picker.pods.spec.get("volumes"))
    named = any(at(volume, "configMap", "name") == name for _, volume in volumes)
    return named and picker.pods.owner.namespace == namespace


def _in_flags(links: Chain) -> Iterator[PickerConfig]:
    for picker in pickers(links):
        value = picker.line.text("config-text") or ""
        found = picker_version(text(picker.container.get("image")))
        for data in _documents(value, "config-text") if KIND in value else ():
            place = picker.flag("config-text")
            assert place.resource is not None
            versions = (found,) if found is not None else ()
            yield PickerConfig(place.resource, place.path, data, versions, within=True)


def _documents(value: str, name: str) -> Iterator[dict[str, Any]]:
    for document in parse(value, name):
        data = as_dict(document.data)
        if data.get("kind") == KIND and not document.problems:
            yield data


def config_of(pods: Pods, configs: tuple[PickerConfig, ...]) -> PickerConfig | None:
    """The configuration that a picker reads: of its own object, or of a volume of its Pods.

    Of several files of a volume it is the one that the command line names.
    """
    volumes = {
        text(as_dict(volume.get("configMap")).get("name"))
        for _, volume in maps(pods.spec.get("volumes"))
    }
    own = pods.owner
    found = [
        c
        for c in configs
        if c.resource is own.resource
        or (c.resource.name in volumes and c.resource.namespace == own.namespace)
    ]
    files = {
        str(arg).rpartition("/")[2]
        for _, container in maps(pods.spec.get("containers"))
        for arg in as_list(container.get("args"))
    }
    return next((c for c in found if c.path[-1] in files), found[0] if found else None)
