"""The values that objects give to Helm charts: Flux's HelmRelease, and Applications of Argo CD."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackgen.catalog.charts import ChartVersion, chart_version, meaning
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record

_FLUX = "helm.toolkit.fluxcd.io"
# What `helm --set` takes for something else than a string.
_WORDS = {"true": True, "false": False, "null": None}


@record
class ChartValues:
    """Some values of one chart.

    by: the object that names the chart. holder, base: the object with the values, and where.
    inside: the values are a string there, so that only the string has a place. whole: nothing else
    gives values. version, repository: "" where they are not known. problem: why there are none.
    """

    by: Resource
    chart: str
    version: str
    repository: str
    holder: Resource
    base: Path
    values: dict[str, Any]
    inside: bool = False
    whole: bool = True
    problem: str = ""

    def place(self, path: Path, key: bool = False) -> Place:
        """The place of a value, or of its key."""
        if self.inside:
            return Place(self.holder, self.base)
        return Place(self.holder, (*self.base, *path), key=key)


@record
class ServerValues:
    """Values that become a Pod with a model server. path: in the values. spec: its containers, with
    the command that the chart gives them."""

    given: ChartValues
    path: Path
    spec: dict[str, Any]
    model: Path

    @property
    def where(self) -> Path:
        """Its path in the object that holds the values."""
        return (*self.given.base, *self.path)


def known_values(bundle: Bundle) -> list[tuple[ChartValues, ChartVersion]]:
    """The values of the bundle whose chart is known, found once."""
    return bundle.once(_known_values)


def broken_values(bundle: Bundle) -> list[ChartValues]:
    """The values of the bundle that cannot be read, of any chart; each once."""
    found = [one for one in chart_values(bundle) if one.problem]
    return list({(id(one.holder), one.base): one for one in found}.values())


def _known_values(bundle: Bundle) -> list[tuple[ChartValues, ChartVersion]]:
    found = []
    for values in chart_values(bundle):
        chart = chart_version(values.chart, values.version, values.repository)
        if chart is not None:
            found.append((values, chart))
    return found


def judging(bundle: Bundle) -> Iterator[str]:
    """Which version of its chart judges each set of values, or that none does; each object once."""
    first = {id(one.by): one for one in reversed(list(chart_values(bundle))) if not one.problem}
    for values in reversed(first.values()):
        chart = chart_version(values.chart, values.version, values.repository)
        name = f"{values.by.kind} {visible(values.by.name)}, chart {visible(values.chart)}"
        if chart is None:
            yield f"values of {name} are not judged: the chart is not known"
        else:
            yield f"values of {name} {visible(chart.given)}: judged by {chart.version}"


def server_values(bundle: Bundle) -> Iterator[ServerValues]:
    """The model servers of all values."""
    for given, chart in known_values(bundle):
        rules = meaning()["rules"].get(chart.chart, {})
        for path in map(tuple, rules.get("servers", ())):
            server = as_dict(at(given.values, *path))
            if server.get("create", True) is not False and server.get("containers"):
                containers = [_started(one, rules) for _, one in maps(server["containers"])]
                spec = {**server, "containers": containers}
                yield ServerValues(given, path, spec, (*given.base, *rules["model"]))


def _started(container: dict[str, Any], rules: Any) -> dict[str, Any]:
    started = all(container.get(key) == value for key, value in rules["command"].items())
    return {**container, "command": ["vllm", "serve"]} if started else container


def chart_values(bundle: Bundle) -> Iterator[ChartValues]:
    """Every set of values of the bundle. A chart that is a folder is called by its last name."""
    for release in bundle.of_kind("HelmRelease", _FLUX):
        yield from _of_release(bundle, release)
    for kind, base in (
        ("Application", ("spec",)),
        ("ApplicationSet", ("spec", "template", "spec")),
    ):
        for application in bundle.of_kind(kind, "argoproj.io"):
            paths: list[Path] = [(*base, "source")]
            paths += [(*base, "sources", i) for i, _ in maps(application.get(*base, "sources"))]
            for path in paths:
                yield from _of_source(application, path)
                yield from _of_files(bundle, application, path)
    for index in bundle.resources if any(r.index for r in bundle.resources) else ():
        for i, chart in maps(index.get("helmCharts") if index.index else None):
            at: Path = ("helmCharts", i, "valuesInline")
            named = (text(chart.get("name")), text(chart.get("version")), text(chart.get("repo")))
            if isinstance(chart.get("valuesInline"), dict):
                whole = "valuesFile" not in chart and "additionalValuesFiles" not in chart
                yield ChartValues(index, *named, index, at, chart["valuesInline"], whole=whole)


def _of_release(bundle: Bundle, release: Resource) -> Iterator[ChartValues]:
    wanted = as_dict(release.get("spec", "chart", "spec"))
    ref = as_dict(release.get("spec", "chartRef")) or as_dict(wanted.get("sourceRef"))
    space = text(ref.get("namespace")) or release.namespace
    source = next(bundle.named(text(ref.get("kind")), space, text(ref.get("name"))), None)
    repository = text(source.get("spec", "url")) if source is not None else ""
    version, chart = text(wanted.get("version")), text(wanted.get("chart"))
    if source is not None and source.kind == "OCIRepository":
        said = as_dict(source.get("spec", "ref"))
        version, chart = text(said.get("tag")) or text(said.get("semver")), repository
    elif source is not None and source.kind == "HelmChart":
        version, chart = text(source.get("spec", "version")), text(source.get("spec", "chart"))
    chart = chart.rstrip("/").rpartition("/")[2]
    given = release.get("spec", "values")
    whole = not release.get("spec", "valuesFrom")
    named = (release, chart, version, repository)
    if given is not None:
        base: Path = ("spec", "values")
        values, problem = as_dict(given), _not_values(given)
        yield ChartValues(*named, release, base, values, whole=whole, problem=problem)
    for i, other in maps(release.get("spec", "valuesFrom")):
        yield from _of_reference(bundle, named, i, other)


def _of_reference(
    bundle: Bundle, named: tuple[Resource, str, str, str], i: int, other: dict[str, Any]
) -> Iterator[ChartValues]:
    """The values in the ConfigMap of an item of valuesFrom. Those of a Secret are not read."""
    key, kind = text(other.get("valuesKey")) or "values.yaml", text(other.get("kind"))
    holders = list(bundle.named(kind, named[0].namespace, text(other.get("name"))))
    if kind not in ("ConfigMap", "Secret") or not holders:
        return
    parts = ("data",) if kind == "ConfigMap" else ("data", "stringData")
    if not any(key in as_dict(one.get(part)) for one in holders for part in parts):
        if other.get("optional") is not True:
            base: Path = ("spec", "valuesFrom", i)
            problem = f"names the key {visible(key)}, which {kind} {holders[0].name} does not have"
            yield ChartValues(*named, named[0], base, {}, True, False, problem)
        return
    for config in holders if kind == "ConfigMap" and not other.get("targetPath") else ():
        values, problem = _parsed(config.get("data", key))
        yield ChartValues(*named, config, ("data", key), values, True, False, problem)


def _of_source(application: Resource, base: Path) -> Iterator[ChartValues]:
    source = as_dict(application.get(*base))
    helm = as_dict(source.get("helm"))
    path = text(source.get("path")).rstrip("/")
    chart = (text(source.get("chart")) or path).rpartition("/")[2]
    # The revision of a repository is not the version of a chart in it.
    version = text(source.get("targetRevision")) if source.get("chart") else ""
    named = (application, chart, version, text(source.get("repoURL")), application)
    whole = not helm.get("valueFiles") and not helm.get("fileParameters")
    given = helm.get("valuesObject")
    if isinstance(given, dict):
        yield ChartValues(*named, (*base, "helm", "valuesObject"), given, whole=whole)
    elif text(helm.get("values")):
        values, problem = _parsed(helm.get("values"))
        yield ChartValues(*named, (*base, "helm", "values"), values, True, whole, problem)
    for i, parameter in maps(helm.get("parameters")):
        name = text(parameter.get("name"))
        if name and "[" not in name and "\\" not in name:
            value: Any = _typed(parameter)
            for step in reversed(name.split(".")):
                value = {step: value}
            at: Path = (*base, "helm", "parameters", i, "name")
            yield ChartValues(*named, at, value, inside=True, whole=False)


def _of_files(bundle: Bundle, application: Resource, base: Path) -> Iterator[ChartValues]:
    """The values in files of the input that a source of a chart names as `$ref/FILE`."""
    source = as_dict(application.get(*base))
    named = (text(source.get("chart")).rpartition("/")[2], text(source.get("targetRevision")))
    for file in as_list(at(source, "helm", "valueFiles")) if named[0] else ():
        path = text(file).partition("/")[2] if text(file).startswith("$") else ""
        for one in bundle.settings if path else ():
            if one.file == path or one.file.endswith(f"/{path}"):
                where = (one, ())
                url = text(source.get("repoURL"))
                yield ChartValues(application, *named, url, *where, one.data, whole=False)


def _parsed(value: Any) -> tuple[dict[str, Any], str]:
    """The values in a text, and why there are none. A template has none and is no problem."""
    documents = parse(value, "values") if isinstance(value, str) and "{{" not in value else []
    fatal = next((p for one in documents for p in one.problems if p.fatal), None)
    if fatal is not None:
        return {}, f"cannot be read, line {fatal.mark.line} of the text: {fatal.message}"
    if len(documents) != 1:
        return {}, ""
    return as_dict(documents[0].data), _not_values(documents[0].data)


def _not_values(value: Any) -> str:
    if value is None or isinstance(value, dict) or (isinstance(value, str) and "$" in value):
        return ""
    return f"is a {'list' if isinstance(value, list) else 'scalar'}; Helm reads an object"


def _typed(parameter: dict[str, Any]) -> Any:
    """The value that Helm reads: Argo CD gives it to `--set`, or to `--set-string`."""
    value = parameter.get("value")
    if not isinstance(value, str) or parameter.get("forceString") is True:
        return value
    if value in _WORDS:
        return _WORDS[value]
    return int(value) if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", value) else value
