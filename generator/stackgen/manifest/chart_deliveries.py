"""With which values, and to which namespace, the input delivers the charts in its folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.manifest.chart_reads import mapping
from stackgen.manifest.chart_values import over
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record

_ARGO, _FLUX = "argoproj.io", "helm.toolkit.fluxcd.io"


@record
class Delivery:
    """A release of a chart of the input.

    kind, called, file: what delivers it. space: its namespace, empty if that is not known. whole:
    all its values are in the input.
    """

    kind: str
    called: str
    file: str
    name: str
    space: str
    values: dict[str, Any]
    whole: bool

    @property
    def said(self) -> str:
        """What delivers it, for messages."""
        return f"{self.kind} {self.called}"


def deliveries(chart: str, root: str, objects: Iterable[Resource]) -> list[Delivery]:
    """The releases of a chart by Argo CD and Flux; those with the same values and namespace once.

    root: the folder of the input that the chart is in.
    """
    found: list[Delivery] = []
    for one in objects:
        made = _of_argo(one, chart, root) if one.group == _ARGO else _of_flux(one, chart, root)
        for delivery in made:
            known = any((x.space, x.values) == (delivery.space, delivery.values) for x in found)
            if delivery.whole and not known:
                found.append(delivery)
    return found


def _of_argo(one: Resource, chart: str, root: str) -> Iterator[Delivery]:
    if one.kind != "Application":
        return
    sources = one.get("spec", "sources")
    for source in (one.get("spec", "source"), *(sources if isinstance(sources, list) else ())):
        if not isinstance(source, dict) or not _is_path(source.get("path"), chart, root):
            continue
        given = source.get("helm")
        helm: dict[str, Any] = given if isinstance(given, dict) else {}
        files = [_file(str(one), chart, root) for one in _list(helm.get("valueFiles"))]
        values = _from_files(files)
        values = over(values, _from_text(helm.get("values")))
        values = over(values, _object(helm.get("valuesObject")))
        for parameter in _list(helm.get("parameters")):
            if isinstance(parameter, dict):
                _set(values, str(parameter.get("name", "")), parameter.get("value"))
        optional = helm.get("ignoreMissingValueFiles") is True
        whole = optional or None not in files
        space = _text(one.get("spec", "destination", "namespace"))
        name = _text(helm.get("releaseName")) or one.name
        yield Delivery(one.kind, one.name, one.file, name, space, values, whole)


def _of_flux(one: Resource, chart: str, root: str) -> Iterator[Delivery]:
    spec = _object(one.get("spec", "chart", "spec"))
    if (
        one.group != _FLUX
        or one.kind != "HelmRelease"
        or not _is_path(spec.get("chart"), chart, root)
    ):
        return
    kind = _object(spec.get("sourceRef")).get("kind")
    if kind not in ("GitRepository", "Bucket", "OCIRepository"):
        return
    files = [_within(root, str(one)) for one in _list(spec.get("valuesFiles"))]
    values = over(_from_files(files), _object(one.get("spec", "values")))
    whole = None not in files and not one.get("spec", "valuesFrom") and not _is_template(values)
    space = _text(one.get("spec", "targetNamespace")) or one.namespace
    name = _text(one.get("spec", "releaseName")) or one.name
    yield Delivery(one.kind, one.name, one.file, name, space, values, whole)


def _is_path(path: Any, chart: str, root: str) -> bool:
    """Whether a path of the repository is that of a chart in a folder of the input."""
    if isinstance(path, str) and path and not path.strip("./"):
        return os.path.normpath(chart) == os.path.normpath(root)
    if not isinstance(path, str) or not path:
        return False
    plain = os.path.normpath(path).strip("/")
    here = os.path.normpath(chart)
    return f"/{here}".endswith(f"/{plain}") or ("/" in here and plain.endswith(f"/{here}"))


def _file(name: str, chart: str, root: str) -> str | None:
    """A file of values, named from the chart, or from the root by `$name/`; None if not there."""
    if name.startswith("$"):
        return _within(root, name.partition("/")[2])
    if name.startswith("/"):
        return _within(root, name.lstrip("/"))
    file = os.path.normpath(os.path.join(chart, name))
    inside = os.path.realpath(file).startswith(os.path.realpath(root) + os.sep)
    return file if inside and os.path.isfile(file) else None


def _within(root: str, name: str) -> str | None:
    file = os.path.normpath(os.path.join(root, name))
    inside = os.path.realpath(file).startswith(os.path.realpath(root) + os.sep)
    return file if inside and os.path.isfile(file) else None


def _from_files(files: Iterable[str | None]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for file in files:
        values = over(values, mapping(file)) if file else values
    return values


def _from_text(text: Any) -> dict[str, Any]:
    documents = parse(text, "values") if isinstance(text, str) else ()
    return _object(documents[0].data) if documents else {}


def _set(values: dict[str, Any], name: str, value: Any) -> None:
    """A parameter such as `image.tag`; what names items of lists is left out."""
    *steps, last = name.split(".")
    for step in steps:
        inner = values.get(step)
        values[step] = dict(inner) if isinstance(inner, dict) else {}
        values = values[step]
    if last and "[" not in name:
        documents = parse(value, "values") if isinstance(value, str) else ()
        values[last] = documents[0].data if documents else value


def _is_template(values: Any) -> bool:
    """Whether Flux may fill in some of the values."""
    return "${" in str(values)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) and "{{" not in value and "${" not in value else ""
