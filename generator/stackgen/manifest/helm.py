"""Helm charts of the input: what helm renders of them, and values files compared with them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest import chart_values
from stackgen.manifest.chart_reads import CHART, DEFAULTS, mapping, opened, reads_of
from stackgen.manifest.chart_tree import SCHEMA, tree_of
from stackgen.manifest.document import Document, Mark, Path, Source, YamlProblem, show_path
from stackgen.manifest.yaml_in import parse
from stackgen.reading import output_of, read_text, walk
from stackgen.regex import regex
from stackgen.spelling import close

# A values file by its name; the chart's own default is no override.
VALUES = regex(r"(.*[-_.])?values([-_.].*)?\.ya?ml\Z")
# Folders of a chart with values for it.
_ENVIRONMENTS = ("environments", "envs")
_ROOMS = ("ci", "values", "examples", *_ENVIRONMENTS)
_DEEP = 3  # folders within each other, such as `environments/cloud/eu`


def render(chart: str, values: tuple[str, ...]) -> str:
    """The stream that Helm makes of a chart. Raises UsageError with what it says if not."""
    program = shutil.which("helm")
    name = f"--helm {chart}"
    if program is None:
        raise UsageError("--helm needs helm on the PATH")
    if not os.path.exists(os.path.join(chart, CHART)):
        raise UsageError(f"{name}: has no {CHART}")
    command = [program, "template", release_name(chart), chart, "--include-crds"]
    for file in values:
        command += ["--values", file]
    try:
        status, printed, errors = output_of(command, name)
    except OSError as error:
        raise UsageError(f"{name}: {program}: {error}") from None
    if status:
        said = " ".join(errors.split()).removeprefix("Error: ") or "fails without a message"
        raise UsageError(f"{name}: {said}")
    return printed.decode("utf-8", "replace")


def titles(chart: str) -> list[str]:
    """The Chart.yaml of a chart that depends on others, and the file with its default values."""
    if not mapping(os.path.join(chart, CHART)).get("dependencies"):
        return []
    files = (os.path.join(chart, name) for name in (CHART, *DEFAULTS))
    return [os.path.normpath(file) for file in files if os.path.isfile(file)]


def chart_of(file: str) -> str:
    """The chart that a values file lies in; empty if it is none, or the default values."""
    folder, name = os.path.split(file)
    if VALUES.match(name) and os.path.isfile(os.path.join(folder, CHART)):
        return "" if name in DEFAULTS else folder or "."
    for depth in range(_DEEP if name.endswith((".yaml", ".yml")) else 0):
        folder, room = os.path.split(folder)
        # A file in such a folder need not be called values, as `environments/dev.yaml`.
        named = VALUES.match(name) is not None or room in _ENVIRONMENTS
        if room in _ROOMS and named and os.path.isfile(os.path.join(folder, CHART)):
            return folder or "." if depth == 0 or room in _ENVIRONMENTS else ""
    return ""


def value_problems(chart: str, document: Document) -> Iterator[YamlProblem]:
    """The values of a file that no template of the chart reads, or that the chart cannot take."""
    text = document.source.text
    tree = tree_of(chart, text)
    if not isinstance(document.data, dict) or not tree.values:
        return
    unread = list(chart_values.unread(document.data, tree.values, tree.words))
    # The templates of dependencies read global values, too.
    depends = bool(mapping(os.path.join(chart, CHART)).get("dependencies"))
    if sum(len(one.path) == 1 for one in unread) == len(document.data):
        return  # values of another chart
    for one in unread:
        if one.path[0] == "global" and depends:
            continue
        mark = document.marks().at(one.path, key=True)
        line = text.splitlines()[mark.line - 1] if mark is not None else ""
        if mark is not None and "&" not in line:  # an anchor is for other values
            said = f"no template of the chart reads {show_path(one.path)}{one.hint}"
            yield YamlProblem("helm-value-unread", said, mark)
    for wrong in chart_values.mistyped(document.data, tree.values, tree.checked):
        mark = document.marks().at(wrong.path)
        if mark is not None:
            yield YamlProblem("helm-value-invalid", f"{show_path(wrong.path)} {wrong.said}", mark)


def default_problems(chart: str) -> tuple[Document, list[YamlProblem]] | None:
    """What is wrong with the default values of a chart.

    They are no object, the schema of the chart refuses them, or no template reads one and a
    template reads another spelling that has no value.
    """
    file = next((f for n in DEFAULTS if os.path.isfile(f := os.path.join(chart, n))), None)
    documents = parse(read_text(file), file) if file else []
    if len(documents) != 1 or (documents[0].data is None and not documents[0].problems):
        return None
    document = documents[0]
    found = [one for one in document.problems if one.fatal]
    if not found and not isinstance(document.data, dict):
        mark = document.marks().at(()) or Mark(document.line, 1, 2)
        said = "values are an object: helm refuses others"
        found.append(YamlProblem("schema-yaml", said, mark, fatal=True))
    if not found:
        with opened(chart) as inner:
            reads = reads_of(chart, "", inner)
        known = not reads.every and not reads.others
        for path, meant in _misspelled(document.data, reads.paths) if known else ():
            mark = document.marks().at(path, key=True) or Mark(document.line, 1, 2)
            said = f'no template of the chart reads {show_path(path)}; did you mean "{meant}"?'
            found.append(YamlProblem("helm-value-unread", said, mark))
        # Without a schema, the default values say themselves which types there are.
        checked = os.path.isfile(os.path.join(chart, SCHEMA))
        tree = tree_of(chart).values if checked else {}
        for wrong in chart_values.mistyped(document.data, tree, True) if checked else ():
            mark = document.marks().at(wrong.path) or Mark(document.line, 1, 2)
            said = f"{show_path(wrong.path)} {wrong.said}"
            found.append(YamlProblem("helm-value-invalid", said, mark))
    return (document, found) if found else None


def templates_of(chart: str) -> tuple[list[Source], dict[str, Any]]:
    """The templates of a chart itself, and its default values. What cannot be read is left out."""
    folder = os.path.join(chart, "templates")
    found: list[Source] = []
    for here, _, names in walk(folder) if os.path.isdir(folder) else ():
        for name in names:
            file = os.path.normpath(os.path.join(here, name))
            with suppress(UsageError):
                if name.endswith((".yaml", ".yml", ".tpl")):
                    found.append(Source(file, read_text(file)))
    values = next((mapping(f) for n in DEFAULTS if os.path.isfile(f := os.path.join(chart, n))), {})
    return sorted(found, key=lambda one: one.name), values


def _misspelled(values: Any, paths: frozenset[tuple[str, ...]]) -> Iterator[tuple[Path, str]]:
    """Keys that are not read, each with one beside it that is read and missing."""
    read: dict[tuple[str, ...], set[str]] = {}
    for path in paths:
        for i, step in enumerate(path):
            read.setdefault(path[:i], set()).add(step)
    for above, names in sorted(read.items()):
        here = values
        for step in above:
            here = here.get(step) if isinstance(here, dict) else None
        # What is read as a whole has all its keys read.
        if not isinstance(here, dict) or any(above[:i] in paths for i in range(1, len(above) + 1)):
            continue
        missing = [name for name in sorted(names) if name not in here]
        for key in here:
            if key in names:
                continue
            longer = [m for m in missing if m.startswith(str(key)) or str(key).startswith(m)]
            meant = close(str(key), missing) or (longer[0] if len(longer) == 1 else None)
            if meant is not None:
                yield (*above, str(key)), meant


def release_name(chart: str) -> str:
    """The name of a release of a chart that no delivery names."""
    name = os.path.basename(os.path.realpath(chart)).lower()
    return re.sub(r"[^a-z0-9-]+", "-", name).strip("-")[:53].strip("-") or "release"
