"""The values that the input gives to Helm charts.

Flux's HelmRelease, Applications of Argo CD, kustomizations, charts of charts, helmfile, and what
scripts and Terraform files install.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from stackgen.escape import visible
from stackgen.facts.application_sets import sources, specs
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place
from stackgen.manifest.chart_values import merge
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record
from stackgen.regex import regex

_FLUX = "helm.toolkit.fluxcd.io"
# What `helm --set` takes for something else than a string.
_WORDS = {"true": True, "false": False, "null": None}
# A comma that `helm --set` reads as the end of a value; a list has braces.
_COMMA, _ESCAPED = regex(r"\A(?!\s*\{)(?:[^\\,]|\\.)*,"), "\\,"
# What gives values beside the files of an Application.
_GIVEN = ("values", "valuesObject", "parameters", "fileParameters")
_VALUES = regex(r"(.*[-_.])?values([-_.].*)?\.ya?ml\Z")


@record
class ChartValues:
    """Some values of one chart.

    by: the object that names the chart. holder, base: the object with the values, and where.
    inside: the values are a string there, so that only the string has a place. whole: nothing else
    gives values. version, repository: "" where they are not known. problem: why there are none.
    local: the path of a chart beside the manifests, as it is written; "" if it is published.
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
    local: str = ""

    def place(self, path: Path, key: bool = False) -> Place:
        """The place of a value, or of its key."""
        if self.inside:
            return Place(self.holder, self.base)
        return Place(self.holder, (*self.base, *path), key=key)


def chart_values(bundle: Bundle) -> tuple[ChartValues, ...]:
    """Every set of values of the bundle. A chart that is a folder is called by its last name.

    Those of one object are in the order in which they are merged: a later one has the last word.
    """
    return bundle.once(_all_values)


def _all_values(bundle: Bundle) -> tuple[ChartValues, ...]:
    return tuple(_values(bundle))


def _values(bundle: Bundle) -> Iterator[ChartValues]:
    for release in bundle.of_kind("HelmRelease", _FLUX):
        yield from _of_release(bundle, release)
    for application in bundle.of_kind("Application", "argoproj.io"):
        for path, source in sources(as_dict(application.get("spec")), ("spec",)):
            yield from _of_files(bundle, application, path, source)
            yield from _of_source(application, path, source)
    for application in bundle.of_kind("ApplicationSet", "argoproj.io"):
        yield from _of_set(bundle, application)
    for index in bundle.resources if any(r.index for r in bundle.resources) else ():
        for i, chart in maps(index.get("helmCharts") if index.index else None):
            at: Path = ("helmCharts", i, "valuesInline")
            home = text(as_dict(index.get("helmGlobals")).get("chartHome")) or "charts"
            local = "" if chart.get("repo") else f"{home}/{text(chart.get('name'))}"
            named = (text(chart.get("name")), text(chart.get("version")), text(chart.get("repo")))
            first, later = (
                text(chart.get("valuesFile")),
                as_list(chart.get("additionalValuesFiles")),
            )
            inline = chart.get("valuesInline")
            own: tuple[ChartValues, ...] = ()
            if isinstance(inline, dict):
                whole = not first and not later
                own = (ChartValues(index, *named, index, at, inline, whole=whole, local=local),)
            files = tuple(_in_files(bundle, index, named, [first], local))
            yield from (*own, *files) if chart.get("valuesMerge") == "merge" else (*files, *own)
            yield from _in_files(bundle, index, named, map(text, later), local)
    for install in bundle.outside:
        if install.kind == "HelmInstall":
            yield from _of_install(bundle, install)
    for file in bundle.settings:
        if os.path.basename(file.file) == "Chart.yaml":
            yield from _of_umbrella(bundle, file)
        elif isinstance(file.get("releases"), list):
            yield from _of_helmfile(bundle, file)


def _of_set(bundle: Bundle, application: Resource) -> Iterator[ChartValues]:
    """The values of the Applications that a set makes, those that are the same once."""
    told = set()
    for spec in specs(bundle, application):
        for path, source in sources(spec, ("spec", "template", "spec")):
            files = _of_files(bundle, application, path, source)
            for one in (*files, *_of_source(application, path, source)):
                named = (one.chart, one.version, one.repository, one.local, one.holder.file)
                fact = (*named, one.base, repr(one.values))
                if fact not in told:
                    told.add(fact)
                    yield one


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
    local = chart if text(ref.get("kind")) in ("GitRepository", "Bucket") else ""
    chart = chart.rstrip("/").rpartition("/")[2]
    given = release.get("spec", "values")
    whole = not release.get("spec", "valuesFrom")
    named = (release, chart, version, repository)
    for i, other in maps(release.get("spec", "valuesFrom")):
        yield from _of_reference(bundle, named, i, other)
    if given is not None or whole:
        base: Path = ("spec", "values")
        values, problem = as_dict(given), _not_values(given)
        yield ChartValues(*named, release, base, values, whole=whole, problem=problem, local=local)


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
    if other.get("targetPath"):
        given = [one.get(part, key) for one in holders for part in ("data", "stringData")]
        shown = given if kind == "ConfigMap" else given[1::2]  # `data` of a Secret is encoded
        if len(holders) == 1 and any(_COMMA.search(text(one)) for one in shown):
            problem = (
                f"sets a value with a comma at targetPath, where Helm splits it; write {_ESCAPED} "
                f"in {kind} {holders[0].name}"
            )
            base = ("spec", "valuesFrom", i)
            yield ChartValues(*named, named[0], base, {}, True, False, problem)
    for config in holders if kind == "ConfigMap" and not other.get("targetPath") else ():
        values, problem = _parsed(config.get("data", key))
        yield ChartValues(*named, config, ("data", key), values, True, False, problem)


def _of_source(application: Resource, base: Path, source: Any) -> Iterator[ChartValues]:
    helm = as_dict(source.get("helm"))
    path = text(source.get("path")).rstrip("/")
    chart = (text(source.get("chart")) or path).rpartition("/")[2]
    # The revision of a repository is not the version of a chart in it.
    version = text(source.get("targetRevision")) if source.get("chart") else ""
    named = (application, chart, version, text(source.get("repoURL")), application)
    local = "" if source.get("chart") else path
    whole = not helm.get("valueFiles") and not helm.get("fileParameters")
    given = helm.get("valuesObject")
    if not source.get("chart") and isinstance(given, dict) and chart in given:
        return  # a chart of the same name that depends on it
    if isinstance(given, dict):
        where = (*base, "helm", "valuesObject")
        yield ChartValues(*named, where, given, whole=whole, local=local)
    elif text(helm.get("values")):
        values, problem = _parsed(helm.get("values"))
        yield ChartValues(*named, (*base, "helm", "values"), values, True, whole, problem, local)
    elif source.get("chart") and whole and not helm.get("parameters"):
        yield ChartValues(*named, (*base, "chart"), {}, True)
    for i, parameter in maps(helm.get("parameters")):
        name = text(parameter.get("name"))
        if name and "[" not in name and "\\" not in name:
            value: Any = _typed(parameter)
            for step in reversed(name.split(".")):
                value = {step: value}
            at: Path = (*base, "helm", "parameters", i, "name")
            yield ChartValues(*named, at, value, inside=True, whole=False, local=local)


def _of_files(
    bundle: Bundle, application: Resource, base: Path, source: Any
) -> Iterator[ChartValues]:
    """The values in files of the input that a source names: `$ref/FILE`, or from its folder."""
    local = "" if source.get("chart") else text(source.get("path")).strip("/")
    chart = text(source.get("chart")).rpartition("/")[2]
    version = text(source.get("targetRevision")) if chart else ""
    named = (chart, version, text(source.get("repoURL")))
    helm = as_dict(source.get("helm"))
    listed = as_list(helm.get("valueFiles"))
    alone = len(listed) == 1 and not any(map(helm.get, _GIVEN))
    for file in listed if chart or local else ():
        path = text(file).partition("/")[2] if text(file).startswith("$") else ""
        if local and text(file) and not path and "://" not in text(file):
            inner = text(file).startswith("/")
            path = text(file).strip("/") if inner else os.path.normpath(f"{local}/{file}")
        found = [x for x in bundle.settings if path and f"/{x.file}".endswith(f"/{path}")]
        for one in found:
            whole = alone and bool(chart) and len(found) == 1
            yield ChartValues(application, *named, one, (), one.data, whole=whole, local=local)


def _of_install(bundle: Bundle, install: Resource) -> Iterator[ChartValues]:
    """What a script or a Terraform file gives. A folder of the input is a chart of its own."""
    chart, version, repository = (
        text(install.get("spec", key)) for key in ("chart", "version", "repository")
    )
    local = text(install.get("spec", "path"))
    files = [text(file) for file in as_list(install.get("spec", "files"))]
    values = as_dict(install.get("spec", "values"))
    whole = not files and install.get("spec", "partly") is not True
    named = ("" if local else chart, version, repository)
    where = (install, ("spec", "values"))
    yield from _in_files(bundle, install, named, files, local)
    yield ChartValues(install, *named, *where, values, True, whole, local=local)


def _of_umbrella(bundle: Bundle, title: Resource) -> Iterator[ChartValues]:
    """The values that a chart has for the charts that it depends on."""
    folder = os.path.dirname(title.file)
    files = [
        one
        for one in bundle.settings
        if os.path.dirname(one.file) == folder and _VALUES.match(os.path.basename(one.file))
    ]
    for _, needed in maps(title.get("dependencies")):
        paths = [text(needed.get("condition")).split(",")[0].strip().split(".")]
        states = [at(one.data, *path) for one in files for path in paths if path != [""]]
        if False in states and True not in states:
            continue  # the chart is not installed
        repository = text(needed.get("repository"))
        key = text(needed.get("alias")) or text(needed.get("name"))
        named = (text(needed.get("name")), text(needed.get("version")), repository)
        for one in files if "://" in repository and not repository.startswith("file:") else ():
            if isinstance(one.get(key), dict) or len(files) == 1:
                whole = len(files) == 1
                # Helm reads the switch of a chart itself.
                switches = {f"{key}.{name}": name for name in as_dict(one.get(key))}
                own = {switches.get(c.strip()) for c in text(needed.get("condition")).split(",")}
                values = {k: v for k, v in as_dict(one.get(key)).items() if k not in own}
                yield ChartValues(title, *named, one, (key,), values, whole=whole)


def _of_helmfile(bundle: Bundle, helmfile: Resource) -> Iterator[ChartValues]:
    known = {text(r.get("name")): text(r.get("url")) for _, r in maps(helmfile.get("repositories"))}
    for i, release in maps(helmfile.get("releases")):
        chart = text(release.get("chart"))
        prefix, _, name = chart.rpartition("/")
        if not name or "{{" in chart:
            continue
        local = chart if chart.startswith(".") else ""
        named = ("" if local else name, text(release.get("version")), known.get(prefix, prefix))
        given = as_list(release.get("values"))
        by = _installed(helmfile, i, release)
        for j, one in enumerate(given):
            if isinstance(one, dict):
                base: Path = ("releases", i, "values", j)
                whole = len(given) == 1
                yield ChartValues(by, *named, helmfile, base, one, whole=whole, local=local)
            else:
                yield from _in_files(bundle, by, named, [text(one)], local)


def helmfile_installs(bundle: Bundle) -> list[Resource]:
    """The releases of charts in folders that helmfile installs."""
    return [
        _installed(file, i, release)
        for file in bundle.settings
        for i, release in maps(file.get("releases"))
        if text(release.get("chart")).startswith(".")
    ]


def _installed(helmfile: Resource, i: int, release: dict[str, Any]) -> Resource:
    """A release of helmfile, in the form in which scripts install charts."""
    given = as_list(release.get("values"))
    chart = text(release.get("chart"))
    inline: dict[str, Any] = {}
    for one in given:
        merge(inline, as_dict(one))
    # Files are read before other values.
    kinds = [isinstance(one, str) for one in given]
    spec = {
        "path": chart if chart.startswith(".") else "",
        "values": inline,
        "files": [one for one in given if isinstance(one, str)],
        # What the command line or an environment sets is not seen.
        "partly": any(release.get(key) for key in ("set", "setString", "inherit", "secrets"))
        or any("{{" in text(one) for one in given)
        or kinds != sorted(kinds, reverse=True),
    }
    metadata = {"name": text(release.get("name")), "namespace": text(release.get("namespace"))}
    data = {"kind": "HelmInstall", "metadata": metadata, "spec": spec}
    return replace(helmfile, data=data, base=("releases", i))


def _in_files(
    bundle: Bundle, by: Resource, named: tuple[str, str, str], files: Iterable[str], local: str = ""
) -> Iterator[ChartValues]:
    """The values in files of the input, by paths from the file that names them, or from a root."""
    here = os.path.dirname(by.file)
    for file in filter(None, files):
        path = os.path.normpath(os.path.join(here, file))
        end = "/" + os.path.normpath(file).lstrip("./")
        found = [one for one in bundle.settings if one.file == path]
        found = found or [one for one in bundle.settings if f"/{one.file}".endswith(end)]
        for one in found if len(found) == 1 else ():
            yield ChartValues(by, *named, one, (), one.data, whole=False, local=local)


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
