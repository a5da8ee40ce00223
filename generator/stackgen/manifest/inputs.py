"""Where manifests are read from: files, folders, patterns, pipes and standard input."""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from stackgen import progress
from stackgen.errors import UsageError
from stackgen.manifest import guides, makefile, shell, terraform
from stackgen.manifest.chart_reads import CHART
from stackgen.manifest.excluded import Excluded, Why, finder
from stackgen.manifest.helm import chart_of
from stackgen.reading import (
    MAX_ENTRIES,
    MAX_MANIFESTS,
    MAX_TERRAFORM,
    MAX_TOTAL,
    STDIN_NAME,
    UnreadableError,
    listing,
    read_stdin,
    read_text,
    too_large,
    walk,
)
from stackgen.record import record

# The last is that of templates of helmfile.
SUFFIXES = (".yaml", ".yml", ".json", ".yaml.gotmpl")
# Scripts that remove what others make are no part of a set.
_REMOVES = ("cleanup", "delete", "destroy", "teardown", "uninstall")
SCRIPTS = (*shell.SUFFIXES, *makefile.SUFFIXES, *terraform.SUFFIXES, *terraform.VALUES)
STDIN = "-"
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# What Helm reads beside its templates, and what only it can make manifests of.
_CHART_FILES = ("values.yaml", "values.yml", "values.schema.json", "Chart.lock")
_CHART_FOLDERS = ("templates", "charts")
# What a test compares with, in folders and in files of charts and programs.
_EXPECTED_FOLDERS = ("__snapshot__", "__snapshots__")
_EXPECTED = (".snap.yaml", ".snap.yml", ".golden.yaml", ".golden.yml", ".snap.json", ".golden.json")
_PATCH_FOLDERS = ("patch", "patches")
# What objects have, and the settings of most other programs do not.
_MARKS = re.compile(r'"(?:apiVersion|kind)"')
# The jobs that GitHub runs: the only files of a hidden folder that are read.
_HIDDEN, _WORKFLOWS = ".github", "workflows"


_Why: TypeAlias = Callable[[str, bool, str], Why]


@record
class Read:
    """One text, or a remark on what was not read. lost: it should have been read, and could not.

    index: the text of a kustomization, which says what becomes of the files beside it. chart: the
    Helm chart that the values of this file are for. found: the folder of a chart. excluded: what
    leaves it out, such as `--exclude`. script: the text of a shell script or of a Terraform file.
    patch: the text of a file with which a kustomization patches. dashboard: that of a dashboard of
    Grafana of which it makes a ConfigMap. workflow: that of a file with jobs of GitHub Actions.
    removes: the script removes what others make, by its name. guide: the text of a page of
    Markdown or of a Makefile that has commands or manifests.
    """

    name: str
    text: str | None = None
    remark: str = ""
    lost: bool = False
    index: str = ""
    chart: str = ""
    found: str = ""
    excluded: Why = ""
    script: str = ""
    patch: str = ""
    dashboard: str = ""
    workflow: str = ""
    removes: bool = False
    guide: str = ""


def texts(paths: Iterable[str], excluded: Excluded = Excluded()) -> Iterator[Read]:  # noqa: B008
    """Every text at `paths`, in order. Raises UsageError for a path that cannot be read, and when
    the texts are larger than MAX_TOTAL together.
    """
    total = 0
    for read in _texts(paths, finder(excluded)):
        progress.step(f"reading {read.name}")
        total += len(
            read.text or read.script or read.patch or read.dashboard or read.workflow or read.guide
        )
        if total > MAX_TOTAL:
            raise UsageError(f"{read.name}: what was read up to here {too_large(MAX_TOTAL)}")
        yield read


def _texts(paths: Iterable[str], why: _Why) -> Iterator[Read]:
    for path in paths:
        if path == STDIN:
            yield Read(STDIN_NAME, read_stdin())
        elif os.path.isdir(path):
            yield from _folder(path, path, why)
        elif glob.has_magic(path) and not os.path.lexists(path):
            yield from _pattern(path, why)
        else:
            yield _named(path)


def _pattern(pattern: str, why: _Why) -> Iterator[Read]:
    """The files of a glob; what is no manifest by its name is left out, as in a folder."""
    matches = islice(glob.iglob(pattern, recursive=True), MAX_ENTRIES + 1)
    found = sorted(os.path.normpath(p) for p in matches)
    if len(found) > MAX_ENTRIES:
        raise UsageError(f"{pattern}: more than {MAX_ENTRIES:,} files match")
    if not found:
        raise UsageError(f"{pattern}: no file matches")
    top = _plain_folder(pattern)
    for path in found:
        if os.path.isfile(path) and path.endswith((*SUFFIXES, *SCRIPTS)) and not _is_index(path):
            left_out = _by_any_folder(path, top, why)
            yield Read(path, excluded=left_out) if left_out else _named(path)
        elif os.path.isdir(path) and "**" not in pattern:
            left_out = _by_any_folder(path, top, why, is_folder=True)
            yield from ([Read(path, excluded=left_out)] if left_out else _folder(path, top, why))


def _plain_folder(pattern: str) -> str:
    """The folder that a glob is below, without its wildcards."""
    folder = os.path.dirname(pattern)
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)
    return folder or "."


def _by_any_folder(path: str, top: str, why: _Why, *, is_folder: bool = False) -> Why:
    """What leaves out a path below `top`, or one of the folders on the way to it."""
    found = why(path, is_folder, top)
    above = os.path.dirname(path)
    while not found and above and os.path.relpath(above, top) != "." and above != os.sep:
        found, above = why(above, True, top), os.path.dirname(above)
    return found


def _named(path: str) -> Read:
    if _is_index(path) and os.path.isfile(path):
        folder = os.path.dirname(path) or "."
        if os.path.basename(path) == CHART:
            return Read(path, remark=f"a Helm chart: {_by_helm(folder)}")
        return Read(path, remark=f"read by Kustomize: `--kustomize {folder}` checks what it makes")
    limit = MAX_TERRAFORM if path.endswith(terraform.SUFFIXES) else MAX_MANIFESTS
    text = read_text(path, limit=limit)
    if path.endswith(SCRIPTS):
        return Read(path, script=text)
    return Read(path, text, chart=chart_of(path))


def _by_helm(folder: str) -> str:
    return f"`--helm {folder}` checks what it makes"


def _is_index(path: str) -> bool:
    return os.path.basename(path) in (*KUSTOMIZATIONS, CHART)


def _folder(folder: str, named: str, why: _Why) -> Iterator[Read]:
    """The manifests of a folder and those below it, in order of names. named: by the user."""
    inside = os.path.realpath(folder) + os.sep
    failed: list[Read] = []

    def unreadable(error: OSError) -> None:
        said = (error.strerror or str(error)).lower()
        failed.append(Read(str(error.filename), remark=said, lost=True))

    others: dict[str, str] = {}
    indexes: dict[str, tuple[str, str]] = {}
    charts: list[str] = []
    for here, folders, files in walk(folder, onerror=unreadable):
        if _HIDDEN in folders:
            yield from _workflows(os.path.join(here, _HIDDEN, _WORKFLOWS), inside, why, named)
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _EXPECTED_FOLDERS]
        out = {f: left for f in folders if (left := why(os.path.join(here, f), True, named))}
        folders[:] = [f for f in folders if f not in out]
        read = [f for f in files if f.endswith(SUFFIXES) or _is_index(f)]
        out |= {f: left for f in read if (left := why(os.path.join(here, f), False, named))}
        for left_out in sorted(out):
            yield Read(os.path.normpath(os.path.join(here, left_out)), excluded=out[left_out])
        names = [f for f in files if f not in out]
        for link in (f for f in folders if os.path.islink(os.path.join(here, f))):
            file = os.path.normpath(os.path.join(here, link))
            yield Read(file, remark="is a link to a folder, skipped")
        if CHART in names:
            folders[:] = [f for f in folders if f not in _CHART_FOLDERS]
            names = [n for n in names if n not in _CHART_FILES]
            chart = os.path.normpath(here)
            charts.append(here + os.sep)
            yield Read(chart, remark=_by_helm(chart), found=chart)
        others = _not_listed(here, names, indexes.get(os.path.dirname(here))) | others
        for file, text in _kustomizations(here, names):
            others |= _unlisted(here, file, text, names) | _no_objects(here, file, text)
            indexes[here] = file, text
            yield Read(os.path.normpath(file), index=text)
        for name in names:
            file = os.path.normpath(os.path.join(here, name))
            if name.endswith(guides.SUFFIXES) and not why(file, False, named):
                yield from _guide(file) if os.path.realpath(file).startswith(inside) else ()
            if not name.endswith((*SUFFIXES, *SCRIPTS)) or _is_index(name):
                continue
            removes = name.endswith(SCRIPTS) and name.startswith(_REMOVES)
            if removes and not name.endswith(shell.SUFFIXES):
                continue
            if not os.path.realpath(file).startswith(inside):
                yield Read(file, remark=f"leads out of {folder}, skipped")
            elif remark := _unjudged(file, name):
                yield Read(file, remark=remark)
            elif file in others:
                patch, board = _patch(file, others[file]), _dashboard(file, others[file])
                yield Read(file, remark=others[file], patch=patch, dashboard=board)
            elif "patch" in name and here.startswith(tuple(charts)):
                yield Read(file, remark="a patch by its name, skipped: its chart merges it")
            else:
                yield replace(_found(file), removes=removes)
    yield from failed


def _workflows(folder: str, inside: str, why: _Why, named: str) -> Iterator[Read]:
    """The files of a folder with jobs; what cannot be read is skipped."""
    if os.path.islink(os.path.dirname(folder)) or os.path.islink(folder):
        return
    try:
        names = listing(folder)
    except UsageError:
        return
    for name in (one for one in names if one.endswith((".yaml", ".yml"))):
        file = os.path.normpath(os.path.join(folder, name))
        if why(file, False, named) or not os.path.realpath(file).startswith(inside):
            continue
        try:
            yield Read(file, workflow=read_text(file))
        except UsageError:
            continue


def _kustomizations(folder: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """The kustomization of a folder and its text, if it has one that can be read."""
    for index in (n for n in KUSTOMIZATIONS if n in names):
        file = os.path.join(folder, index)
        try:
            yield file, read_text(file)
        except UsageError:
            continue


def _not_listed(folder: str, names: list[str], above: tuple[str, str] | None) -> dict[str, str]:
    """Files of a folder of patches that the kustomization above it does not mention."""
    if (
        above is None
        or os.path.basename(folder) not in _PATCH_FOLDERS
        or any(map(_is_index, names))
    ):
        return {}
    return _unlisted(folder, *above, names, every=True)


def _unlisted(
    folder: str, index: str, text: str, names: list[str], *, every: bool = False
) -> dict[str, str]:
    """Files called patches beside the kustomization `index` that it does not mention.

    every: the folder is called so, and is below the kustomization.
    """
    named = (n for n in names if n.endswith(SUFFIXES))
    patches = (n for n in named if every or "patch" in n.rpartition(".")[0])
    text = "\n".join(line.partition("#")[0] for line in text.splitlines())
    said = f"a patch by its name, skipped: {os.path.normpath(index)} does not list it"
    return {os.path.normpath(os.path.join(folder, n)): said for n in patches if n not in text}


def _no_objects(folder: str, index: str, text: str) -> dict[str, str]:
    """The files that the kustomization `index` does not read as objects, and a remark."""
    from stackgen.manifest.kustomize import not_objects

    found = {}
    for other, use in not_objects(text, index):
        said = f"no whole object, skipped: {os.path.normpath(index)} {use}"
        found[os.path.normpath(os.path.join(folder, other))] = said
    return found


def _patch(file: str, remark: str) -> str:
    """The text of a file, if a kustomization patches with it."""
    from stackgen.manifest.kustomize import PATCHES

    try:
        return read_text(file, limit=MAX_MANIFESTS) if remark.endswith(PATCHES) else ""
    except UsageError:
        return ""


def _dashboard(file: str, remark: str) -> str:
    """The text of a file with queries, if a kustomization makes a ConfigMap of it."""
    from stackgen.manifest.kustomize import DATA

    if not (remark.endswith(DATA) and file.endswith(".json")):
        return ""
    try:
        text = read_text(file, limit=MAX_MANIFESTS)
    except UsageError:
        return ""
    return text if '"expr"' in text and '"panels"' in text else ""


def _guide(file: str) -> Iterator[Read]:
    """A page with code blocks; one that cannot be read is no manifest that is missing."""
    try:
        text = read_text(file, limit=MAX_MANIFESTS)
    except UsageError:
        return
    if any(mark in text for mark in guides.MARKS):
        yield Read(file, guide=text)


def _is_of_others(text: str) -> bool:
    """Whether a text with the suffix of JSON is neither JSON nor an object."""
    if text.lstrip()[:1] not in tuple("{[/") or _MARKS.search(text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def _unjudged(file: str, name: str) -> str:
    """Why a file is not for `kubectl apply`; empty if it may be."""
    if name.endswith(_EXPECTED):
        return "what a test expects, by its name, skipped"
    if name.startswith(_REMOVES) and name.endswith(SUFFIXES) and _is_deleted(file):
        return "what `kubectl delete` reads, by its comment, skipped"
    return ""


def _is_deleted(file: str) -> bool:
    """Whether a comment of a manifest says that it is for `kubectl delete`, and not `apply`."""
    try:
        text = read_text(file)
    except UsageError:
        return False
    said = "\n".join(line for line in text.splitlines() if line.lstrip().startswith("#"))
    return " delete -f " in said and " apply -f " not in said


def _found(file: str) -> Read:
    """A file of a folder: one that is broken must not hide what is wrong with the others.

    The settings of other programs, which may be JSON with comments, are not read as YAML.
    """
    try:
        read = _named(file)
    except UnreadableError as error:
        return Read(file, remark=error.reason, lost=True)
    if file.endswith(".json") and _is_of_others(read.text or ""):
        return Read(file, remark="not a Kubernetes object, skipped")
    return read
