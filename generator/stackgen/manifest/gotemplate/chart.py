"""What a Helm chart makes, in the way of `helm template`, and which line of a template makes it.

Source: https://helm.sh/docs/topics/charts and https://helm.sh/docs/chart_template_guide
"""

from __future__ import annotations

import base64
import fnmatch
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.chart_reads import CHART, DEFAULTS, damaged, entries, mapping, opened
from stackgen.manifest.chart_values import over
from stackgen.manifest.gotemplate.evaluate import Evaluator, Piece
from stackgen.manifest.gotemplate.functions import FUNCTIONS, WITH_EVALUATOR
from stackgen.manifest.gotemplate.stream import Stream
from stackgen.manifest.gotemplate.syntax import TemplateError, parse
from stackgen.manifest.gotemplate.values import PRINTED, floats
from stackgen.manifest.shipped import shipped
from stackgen.reading import decode, read_bytes, walk
from stackgen.record import record

MAX_FILES = 1000  # of a chart
MAX_BYTES = 16 << 20  # of the files of a chart
MAX_CHARTS = 60  # within each other and beside each other
_TEMPLATES = "templates"
_OUTSIDE = ("charts", _TEMPLATES, "crds")  # what `.Files` does not see


@record
class Made:
    """The stream that a chart makes.

    lines: for each line, its template and the line there. drawn: the lines of which helm draws a
    part at random. unset: the lines in which a value is empty. counted: what packed charts make:
    others write them. missing: charts that it depends on and that are not at hand: what they make
    is not in it.
    """

    text: str
    lines: tuple[tuple[str, int], ...]
    drawn: frozenset[int]
    unset: frozenset[int]
    counted: str
    missing: tuple[str, ...]


@dataclass
class _Reading:
    """What was read so far.

    unpacked: where packed charts are while they are needed. root: the folder of which charts may be
    read.
    """

    unpacked: ExitStack
    root: str
    charts: int = 0
    size: int = 0
    missing: list[str] = field(default_factory=list)


@record
class _Chart:
    """A chart of the tree.

    path: of its templates in Helm's names. inner: charts that are on. packed: it is in an archive.
    """

    packed: bool
    folder: str
    path: str
    title: Mapping[str, Any]
    files: Mapping[str, str]
    values: dict[str, Any]
    inner: tuple[_Chart, ...]


class _Files(dict[str, Any]):
    """The files of a chart, by path: what `.Files` is."""

    def method(self, name: str) -> Any:
        return {
            "Get": lambda path: self.get(str(path), ""),
            "GetBytes": lambda path: self.get(str(path), ""),
            "Lines": lambda path: str(self.get(str(path), "")).splitlines(),
            "Glob": self._matching,
            "AsConfig": lambda: _as_config(self, lambda text: text),
            "AsSecrets": lambda: _as_config(
                self, lambda text: base64.b64encode(text.encode()).decode()
            ),
        }.get(name)

    def _matching(self, pattern: Any) -> _Files:
        wanted = str(pattern)
        deep = "**" in wanted
        found = {}
        for path, text in self.items():
            # A star stands for one part of the path.
            even = deep or path.count("/") == wanted.count("/")
            if even and fnmatch.fnmatchcase(path, wanted.replace("**", "*")):
                found[path] = text
        return _Files(found)


def _as_config(files: Mapping[str, str], write: Callable[[str], str]) -> str:
    from stackgen.manifest.gotemplate.values import to_yaml

    return to_yaml({posixpath.basename(path): write(text) for path, text in files.items()})


def render(
    chart: str,
    values: Mapping[str, Any],
    release: str,
    namespace: str = "default",
    lenient: bool = False,
    root: str = "",
) -> Made:
    """What `helm template` makes of a chart in a folder.

    values: what overrides those of the chart. Its folder crds is not in it: that has plain
    manifests. lenient: a value that a template requires may be empty. root: the folder of which
    it may need other charts. Raises UsageError for what helm refuses, or what only helm can do.
    """
    with ExitStack() as stack:
        reading = _Reading(stack, os.path.realpath(root) if root else "")
        top = _chart(chart, floats(dict(values)), {}, "", reading)
        lacking = [key for key in ("apiVersion", "name", "version") if not top.title.get(key)]
        if lacking:
            raise UsageError(f"{CHART} has no {lacking[0]}")
        if top.title.get("type") == "library":
            raise UsageError("is a library, which makes no objects")
        charts = list(_all(top))
        known: dict[str, tuple[Any, ...]] = {}
        templates = ((one, path) for one in charts for path in one.files if _is_template(path))
        for one, path in sorted(templates, key=_turn, reverse=True):
            known[f"{one.path}/{path}"] = _tried(_file(one, path), parse, one.files[path], known)
        me = Evaluator(known, FUNCTIONS, WITH_EVALUATOR)
        me.lenient = lenient
        contexts = {one.path: _context(one, release, namespace) for one in charts}
        made: dict[tuple[str, str], list[Piece]] = {}
        again: dict[tuple[str, str], list[Piece]] = {}
        for one, path in sorted(_outputs(charts), key=_turn, reverse=True):
            name = f"{one.path}/{path}"
            context = contexts[one.path]
            context["Template"] = {"Name": name, "BasePath": f"{one.path}/{_TEMPLATES}"}
            me.drawn, me.drawing = False, "x"
            made[one.path, path] = _tried(_file(one, path), me.run, name, context)
            if me.drawn:  # what comes out differently is what is drawn
                me.drawing = "y"
                again[one.path, path] = _tried(_file(one, path), me.run, name, context)
        own, other, counted = (Stream([], [], set()) for _ in range(3))
        for one in charts:
            for path in one.files:
                at = (one.path, path)
                pieces = made.get(at, [])
                if path.startswith("crds/") and one is not top and _is_output(path):
                    pieces = [(one.files[path], 1)]
                if one.packed:
                    counted.add(_file(one, path), pieces)
                else:
                    own.add(_file(one, path), pieces)
                    other.add(_file(one, path), again.get(at, pieces))
    lines = "".join(own.texts).split("\n"), "".join(other.texts).split("\n")
    # Where the two have other numbers of lines, all that follows counts as drawn.
    drawn = {i for i, (x, y) in enumerate(zip(*lines, strict=False), 1) if x != y}
    return Made(
        "".join(own.texts),
        tuple(own.lines),
        frozenset(drawn),
        frozenset(own.unset),
        "".join(counted.texts),
        tuple(reading.missing),
    )


def _outputs(charts: list[_Chart]) -> Iterator[tuple[_Chart, str]]:
    for one in charts:
        if one.title.get("type") != "library":
            for path in one.files:
                if _is_output(path) and not path.startswith("crds/"):
                    yield one, path


def _turn(output: tuple[_Chart, str]) -> tuple[int, str]:
    """What orders templates in Helm, which begins with the last: one may set values of others."""
    name = f"{output[0].path}/{output[1]}"
    return name.count("/"), name


def _tried(file: str, function: Callable[..., Any], *given: Any) -> Any:
    try:
        return function(*given)
    except TemplateError as error:
        raise UsageError(f"{file}:{max(error.line, 1)}: {error}") from None


def _file(chart: _Chart, path: str) -> str:
    if chart.packed:
        return f"{chart.path}/{path}"
    return os.path.normpath(os.path.join(chart.folder, path))


def _is_template(path: str) -> bool:
    return path.startswith(f"{_TEMPLATES}/")


def _is_output(path: str) -> bool:
    name = posixpath.basename(path)
    if path.startswith("crds/"):
        return name.endswith((".yaml", ".yml", ".json"))
    return _is_template(path) and not name.startswith("_") and not name.endswith((".txt", ".md"))


def _all(chart: _Chart) -> Iterator[_Chart]:
    yield chart
    for inner in chart.inner:
        yield from _all(inner)


def _chart(
    folder: str,
    given: dict[str, Any],
    world: dict[str, Any],
    above: str,
    reading: _Reading,
    alias: str = "",
    packed: bool = False,
) -> _Chart:
    """A chart and those in it. given: the values from above. world: the global ones."""
    reading.charts += 1
    if reading.charts > MAX_CHARTS:
        raise UsageError(f"has over {MAX_CHARTS} charts in it")
    title = mapping(os.path.join(folder, CHART))
    name = str(alias or title.get("name") or os.path.basename(folder))
    own = next(filter(None, (mapping(os.path.join(folder, file)) for file in DEFAULTS)), {})
    values = _without_nulls(over(floats(own), given))
    if world or isinstance(values.get("global"), dict):
        values["global"] = over(_object(values.get("global")), world)
    path = f"{above}/charts/{name}" if above else name
    inner = []
    wanted = entries(title.get("dependencies"))
    folders = reading.unpacked.enter_context(opened(folder))
    beside = [one for entry in wanted if (one := _beside(entry, folder, reading.root))]
    folders = [*beside, *folders]  # the packed copy of a chart is older
    for other, key in _dependencies(folder, folders, wanted, values, reading.missing):
        below = _object(values.get(key))
        apart = packed or not (other in beside or other.startswith(os.path.join(folder, "")))
        made = _chart(other, below, _object(values.get("global")), path, reading, key, apart)
        values[key] = made.values
        inner.append(made)
    for imported in _imports(wanted, values):
        values = over(over(values, imported), _without_nulls(given))
    return _Chart(packed, folder, path, title, _read(folder, reading), values, tuple(inner))


def _dependencies(
    chart: str,
    folders: list[str],
    wanted: list[dict[str, Any]],
    values: Mapping[str, Any],
    missing: list[str],
) -> Iterator[tuple[str, str]]:
    """The folders of the charts that are on, and the keys of their values."""
    by_name: dict[str, str] = {}
    for one in folders:
        by_name.setdefault(str(mapping(os.path.join(one, CHART)).get("name") or ""), one)
    named = set()
    for entry in wanted:
        name = str(entry.get("name", ""))
        named.add(name)
        if not _is_on(entry, values):
            continue
        if name not in by_name:
            archive = damaged(chart, name)
            missing.append(f"{name} ({archive} cannot be unpacked)" if archive else name)
            continue
        yield by_name[name], str(entry.get("alias") or name)
    for name, folder in by_name.items():
        if name not in named:
            yield folder, name


def _imports(wanted: list[dict[str, Any]], values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The values of charts that their parent takes as its own."""
    for entry in wanted:
        key = str(entry.get("alias") or entry.get("name"))
        several = entry.get("import-values")
        for one in several if isinstance(several, list) else ():
            child, parent = f"exports.{one}", "."
            if isinstance(one, dict):
                child, parent = str(one.get("child", "")), str(one.get("parent", "."))
            found: Any = values.get(key)
            for step in child.split("."):
                found = found.get(step) if isinstance(found, dict) else None
            for step in reversed([name for name in parent.split(".") if name]):
                found = {step: found}
            if isinstance(found, dict):
                yield found


def _beside(entry: Mapping[str, Any], folder: str, root: str) -> str:
    """The folder of a chart that another one depends on by `file://`; empty if it is elsewhere."""
    scheme, _, path = str(entry.get("repository") or "").partition("://")
    other = os.path.normpath(os.path.join(folder, path))
    inside = root and os.path.realpath(other).startswith(root + os.sep)
    there = scheme == "file" and path and inside and os.path.isfile(os.path.join(other, CHART))
    return other if there else ""


def _is_on(entry: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    for condition in str(entry.get("condition") or "").split(","):
        here: Any = values
        for step in condition.strip().split("."):
            here = here.get(step) if isinstance(here, dict) else None
        if isinstance(here, bool):
            return here
    tags = entry.get("tags")
    switches = _object(values.get("tags"))
    known = [switches[tag] for tag in tags if tag in switches] if isinstance(tags, list) else []
    return any(known) if known else True


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    """Helm leaves out keys whose value is null."""
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }


def _read(folder: str, reading: _Reading) -> dict[str, str]:
    """The files of a chart by their paths, without those of the charts in it."""
    found: dict[str, str] = {}
    for here, folders, names in walk(folder):
        below = os.path.relpath(here, folder)
        folders[:] = [
            f for f in folders if not f.startswith(".") and not (below == "." and f == "charts")
        ]
        for name in names:
            file = os.path.join(here, name)
            if name.startswith(".") or os.path.islink(file):
                continue
            size = os.path.getsize(file)
            reading.size += size
            if reading.size > MAX_BYTES or len(found) >= MAX_FILES:
                raise UsageError("has more or larger files than are read")
            path = name if below == "." else posixpath.join(*below.split(os.sep), name)
            raw = read_bytes(file)
            found[path] = decode(raw, file) if _is_output(path) or b"\0" not in raw else ""
    return found


_TITLES = (
    "name", "home", "sources", "version", "description", "keywords", "icon", "condition", "tags",
    "deprecated", "annotations", "type", "dependencies", "maintainers",
)  # fmt: skip


def _context(chart: _Chart, release: str, namespace: str) -> dict[str, Any]:
    title = {f"{key[0].upper()}{key[1:]}": chart.title.get(key) for key in _TITLES}
    title |= {
        "Name": chart.path.rpartition("/")[2],
        "Version": str(chart.title.get("version", "")),
        "AppVersion": _version(chart.title.get("appVersion")),
        "KubeVersion": str(chart.title.get("kubeVersion", "")),
        "APIVersion": str(chart.title.get("apiVersion", "")),
    }
    files = {p: t for p, t in chart.files.items() if p.partition("/")[0] not in _OUTSIDE}
    return {
        "Values": chart.values,
        "Chart": title,
        "Release": {
            "Name": release, "Namespace": namespace, "Service": "Helm", "IsInstall": True,
            "IsUpgrade": False, "Revision": 1,
        },
        "Capabilities": _capabilities(),
        "Files": _Files(files),
        "Subcharts": {
            one.path.rpartition("/")[2]: _context(one, release, namespace) for one in chart.inner
        },
    }  # fmt: skip


def _version(value: Any) -> str:
    from stackgen.manifest.gotemplate.values import shown

    return shown(value)


class _Versions(list[Any]):
    """The APIs of the cluster that helm thinks of: what `.Capabilities.APIVersions` is."""

    def method(self, name: str) -> Any:
        return {"Has": lambda api: str(api) in self}.get(name)


def _capabilities() -> dict[str, Any]:
    facts = shipped(__file__, "helm.yaml")
    version = str(facts["kube_version"])
    major, minor = version.removeprefix("v").split(".")[:2]
    helm = str(facts["helm_version"])
    return {
        "APIVersions": _Versions(facts["api_versions"]),
        "KubeVersion": {
            "Version": version, "GitVersion": version, "Major": major, "Minor": minor,
            PRINTED: version,
        },
        "HelmVersion": {"Version": helm, PRINTED: helm},
    }  # fmt: skip
