"""Helm charts: what they render, and which values they read."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.document import Document, Path, YamlProblem
from stackgen.manifest.packed_charts import SUFFIX, unpacked
from stackgen.manifest.yaml_in import parse
from stackgen.reading import listing, output_of, read_text, walk
from stackgen.record import record
from stackgen.spelling import did_you_mean

CHART = "Chart.yaml"
# A values file by its name; the chart's own default is no override.
VALUES = re.compile(r"(.*[-_.])?values([-_.].*)?\.ya?ml\Z")
DEFAULTS = ("values.yaml", "values.yml")
# Folders of a chart with values for it.
_ROOMS = ("ci", "values", "environments", "envs", "examples")
UNREAD = "helm-value-unread"
_USE = re.compile(r"\.Values\b((?:\.[A-Za-z_]\w*)*)")
_INDEX = re.compile(r"\bindex\s+\$?(?:\.\w+)*\.Values((?:\s+\"[^\"]+\")+)")
# A helper is given the values under their own name.
_GIVEN = re.compile(r'"Values"\s+\$?(?:\.\w+)*\.Values(?![\w.])')
_REMARK = re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_ANY = {"global", "tags"}


@record
class Used:
    """The values that a chart reads, as paths; of these, everything below.

    others: names of charts that it contains or depends on, with what is known of their own use.
    whole: whether all of these are at hand. One that is not may be a library, which reads more.
    """

    paths: frozenset[tuple[str, ...]]
    others: dict[str, Used | None]
    whole: bool = True


def render(chart: str, values: tuple[str, ...]) -> str:
    """The stream that Helm makes of a chart. Raises UsageError with what it says if not."""
    program = shutil.which("helm")
    name = f"--helm {chart}"
    if program is None:
        raise UsageError("--helm needs helm on the PATH")
    if not os.path.exists(os.path.join(chart, CHART)):
        raise UsageError(f"{name}: has no {CHART}")
    command = [program, "template", _release(chart), chart, "--include-crds"]
    for file in values:
        command += ["--values", file]
    try:
        status, printed, errors = output_of(command, name)
    except OSError as error:
        raise UsageError(f"{name}: {program}: {error}") from None
    if status:
        said = " ".join(errors.split()).removeprefix("Error: ") or "fails without a word"
        raise UsageError(f"{name}: {said}")
    return printed.decode("utf-8", "replace")


def chart_of(file: str) -> str:
    """The chart that a values file lies in; empty if it is none, or the default values."""
    folder, name = os.path.split(file)
    if not VALUES.match(name):
        return ""
    if os.path.isfile(os.path.join(folder, CHART)):
        return "" if name in DEFAULTS else folder or "."
    above, room = os.path.split(folder)
    beside = room in _ROOMS and os.path.isfile(os.path.join(above, CHART))
    return (above or ".") if beside else ""


def unread(chart: str, document: Document) -> Iterator[YamlProblem]:
    """The values of a file that no template of the chart reads."""
    text = document.source.text
    reads = used(chart, text)
    if reads is None or not isinstance(document.data, dict):
        return
    found = list(_beyond(document.data, reads, ()))
    if {path for path in found if len(path) == 1} >= {(str(key),) for key in document.data}:
        return  # values of another chart
    for path in found:
        mark = document.marks().at(path, key=True)
        line = text.splitlines()[mark.line - 1] if mark is not None else ""
        if mark is None or "&" in line:  # an anchor, for other values
            continue
        near = {seen[: len(path)] for seen in reads.paths if seen[: len(path) - 1] == path[:-1]}
        names = sorted(seen[-1] for seen in near if len(seen) == len(path))
        hint = did_you_mean(path[-1], names)
        if not (reads.whole or hint or len(path) > 1):
            continue
        yield YamlProblem(UNREAD, f"no template of the chart reads {'.'.join(path)}{hint}", mark)


def _release(chart: str) -> str:
    name = os.path.basename(os.path.realpath(chart)).lower()
    return re.sub(r"[^a-z0-9-]+", "-", name).strip("-")[:53].strip("-") or "release"


def used(chart: str, text: str) -> Used | None:
    """What the chart reads; None if it may read any value, or if that is not known.

    text: values, which may be templates themselves.
    """
    with ExitStack() as packed:
        archives = (packed.enter_context(unpacked(file)) for file in _archives(chart))
        inner = [*charts_in(chart), *filter(None, archives)]
        return _used_with(chart, text, inner)


def _used_with(chart: str, text: str, inner: list[str]) -> Used | None:
    """The same, with the folders of the charts that it contains."""
    about = _mapping(os.path.join(chart, CHART))
    paths: set[tuple[str, ...]] = set()
    for found in (_COMMENT.sub("", text), *texts(chart, inner)):
        rest = _INDEX.sub(lambda m: _noted(paths, re.findall(r'"([^"]+)"', m[1])), found)
        rest = _GIVEN.sub("", rest)
        for use in _USE.finditer(rest):
            if not use[1]:
                return None  # all values are passed on
            paths.add(tuple(use[1][1:].split(".")))
    others: dict[str, Used | None] = {}
    whole = True
    for folder in inner:
        others[os.path.basename(folder)] = used(folder, "")
    for needed in _entries(about.get("dependencies")):
        name, alias = str(needed.get("name", "")), str(needed.get("alias") or "")
        if needed.get("import-values"):
            return None
        whole &= name in others
        others[alias or name] = others.get(name)
        conditions = str(needed.get("condition") or "").split(",")
        paths |= {tuple(one.strip().split(".")) for one in conditions if one.strip()}
    return Used(frozenset(paths), others, whole) if paths else None


def _noted(paths: set[tuple[str, ...]], names: list[str]) -> str:
    paths.add(tuple(names))
    return ""


def _beyond(data: dict[Any, Any], used: Used, base: Path) -> Iterator[tuple[str, ...]]:
    """The first keys on the way down that lead to nothing which is read."""
    for key, value in data.items():
        path = (*map(str, base), str(key))
        if not base and (path[0] in _ANY or path[0].startswith(("x-", "_"))):
            continue
        if not base and path[0] in used.others:
            other = used.others[path[0]]
            if other is not None and isinstance(value, dict):
                mine = {seen[1:] for seen in used.paths if seen[:1] == path and len(seen) > 1}
                both = Used(other.paths | mine, other.others)
                yield from ((path[0], *rest) for rest in _beyond(value, both, ()))
            continue
        if any(path[: len(seen)] == seen for seen in used.paths):
            continue
        if not any(seen[: len(path)] == path for seen in used.paths):
            yield path
        elif isinstance(value, dict):
            yield from _beyond(value, used, path)


def texts(chart: str, inner: list[str]) -> Iterator[str]:
    """The templates of a chart and of those in it, and its default values."""
    found = list(_templates(os.path.join(chart, "templates")))
    yield from found
    if any(".Files" in text for text in found):
        # A template may render other files of the chart, which Helm does not name in advance.
        for name in sorted({*listing(chart)} - {"templates", "charts", "crds"}):
            yield from _templates(os.path.join(chart, name))
    for folder in inner:
        yield from (text for text in texts(folder, charts_in(folder)) if "define" in text)
    for name in DEFAULTS:
        if os.path.isfile(os.path.join(chart, name)):
            yield _COMMENT.sub("", read_text(os.path.join(chart, name)))


def _templates(folder: str) -> Iterator[str]:
    """The texts of a folder that may be templates, without their remarks."""
    for here, _, files in walk(folder) if os.path.isdir(folder) else ():
        for name in files:
            if name.endswith((".yaml", ".yml", ".tpl", ".txt", ".json")):
                yield _REMARK.sub("", read_text(os.path.join(here, name)))


def charts_in(chart: str) -> list[str]:
    inner = os.path.join(chart, "charts")
    folders = [os.path.join(inner, name) for name in listing(inner)]
    return [folder for folder in folders if os.path.isfile(os.path.join(folder, CHART))]


def _archives(chart: str) -> list[str]:
    inner = os.path.join(chart, "charts")
    return [os.path.join(inner, name) for name in listing(inner) if name.endswith(SUFFIX)]


def _mapping(file: str) -> dict[str, Any]:
    for document in parse(read_text(file), file):
        if isinstance(document.data, dict):
            return document.data
    return {}


def _entries(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
