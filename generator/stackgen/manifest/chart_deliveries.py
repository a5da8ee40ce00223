"""With which values, and to which namespace, the input delivers the charts in its folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.chart_reads import CHART, mapping, templates
from stackgen.manifest.chart_values import over
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.reading import read_text
from stackgen.record import record
from stackgen.regex import regex

_ARGO, _FLUX = "argoproj.io", "helm.toolkit.fluxcd.io"
_INSTALL = "HelmInstall"
# The folder that a path of a script or of Terraform begins with, where it is not written out.
_START = regex(r"\A(?:\$\{[^}]*\}|\$\w+)/")


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
        return f"{'release' if self.kind == _INSTALL else self.kind} {self.called}"


def delivering(objects: Iterable[Resource]) -> list[Resource]:
    """The objects that deliver charts, or hold values for them."""
    kinds = {"Application", "HelmRelease", _INSTALL, "ConfigMap"}
    return [one for one in objects if one.kind in kinds or one.index]


def delivers(chart: str) -> bool:
    """Whether templates of a chart may make deliveries of other charts."""
    try:
        return any(one in text for text in templates(chart) for one in (_ARGO, _FLUX))
    except UsageError:
        return False


def deliveries(chart: str, root: str, objects: Iterable[Resource]) -> list[Delivery]:
    """The releases of a chart; those with the same values and namespace once.

    By Argo CD, Flux, and what scripts, helmfile and Terraform install. root: the folder of the
    input that the chart is in.
    """
    known = list(objects)
    found: list[Delivery] = []
    for one in known:
        if one.kind == _INSTALL:
            made = _of_install(one, chart, root)
        elif one.group == _ARGO:
            made = _of_argo(one, chart, root)
        else:
            made = _of_flux(one, chart, root, known)
        for delivery in made:
            again = any((x.space, x.values) == (delivery.space, delivery.values) for x in found)
            if delivery.whole and not again:
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


def _of_flux(
    one: Resource, chart: str, root: str, objects: Iterable[Resource]
) -> Iterator[Delivery]:
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
    values = _from_files(files)
    whole = None not in files
    for reference in _list(one.get("spec", "valuesFrom")):
        given = _of_reference(one, _object(reference), objects)
        whole &= given is not None
        values = over(values, given or {})
    values = over(values, _object(one.get("spec", "values")))
    whole &= not _is_template(values)
    space = _text(one.get("spec", "targetNamespace")) or one.namespace
    name = _text(one.get("spec", "releaseName")) or one.name
    yield Delivery(one.kind, one.name, one.file, name, space, values, whole)


def _of_reference(
    one: Resource, reference: dict[str, Any], objects: Iterable[Resource]
) -> dict[str, Any] | None:
    """The values of an item of valuesFrom; None if the input does not show them."""
    name, key = reference.get("name"), reference.get("valuesKey") or "values.yaml"
    if reference.get("kind") != "ConfigMap" or not name or reference.get("targetPath"):
        return None
    texts: list[Any] = []
    for other in objects:
        if other.kind == "ConfigMap" and other.name == name:
            near = {one.namespace, other.namespace} - {""}
            texts += [other.get("data", key)] if len(near) < 2 else ()
        for made in _list(other.get("configMapGenerator")) if other.index else ():
            if _object(made).get("name") == name:
                texts += [_generated(other.file, made, key)]
    if len(texts) != 1 or not isinstance(texts[0], str):
        return None
    return _from_text(texts[0])


def _generated(index: str, made: dict[str, Any], key: str) -> str | None:
    """What a kustomization puts under a key of a ConfigMap."""
    for given in _list(made.get("files")):
        name, equals, path = str(given).partition("=")
        if (name if equals else os.path.basename(name)) == key:
            folder = os.path.dirname(index)
            file = os.path.normpath(os.path.join(folder, path if equals else name))
            inside = os.path.realpath(file).startswith(os.path.realpath(folder or ".") + os.sep)
            return read_text(file) if inside and os.path.isfile(file) else None
    return None


def _of_install(one: Resource, chart: str, root: str) -> Iterator[Delivery]:
    """What a script, a helmfile or a Terraform file installs of a folder."""
    here = os.path.dirname(one.file)
    bare = _START.sub("", str(one.get("spec", "path") or ""))
    if not bare or "$" in bare or "{{" in bare:
        return
    places = [os.path.normpath(os.path.join(folder, bare)) for folder in (here, root)]
    if os.path.normpath(chart) not in places and (
        any(os.path.isfile(os.path.join(place, CHART)) for place in places)
        or not _is_path(bare.lstrip("./"), chart, root)
    ):
        return
    files: list[str | None] = []
    for given in _list(one.get("spec", "files")):
        name = _START.sub("", str(given))
        beside = os.path.relpath(os.path.join(here, name) or ".", root)
        tries = (beside, name, name.lstrip("./"))
        files.append(next(filter(None, (_within(root, path) for path in tries)), None))
    values = over(_from_files(files), _object(one.get("spec", "values")))
    whole = None not in files and not one.get("spec", "partly") and not _is_template(values)
    space = "" if "$" in one.namespace else _text(one.namespace)
    name = os.path.basename(os.path.normpath(chart)) if "$" in one.name else one.name
    yield Delivery(one.kind, name, one.file, name, space, values, whole)


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
    """Whether Flux, a script or Terraform may fill in some of the values."""
    return "${" in str(values)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) and "{{" not in value and "${" not in value else ""
