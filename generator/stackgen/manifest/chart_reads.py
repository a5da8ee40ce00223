"""Which values the templates of a Helm chart read."""

from __future__ import annotations

import io
import os
import re
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.yaml_in import parse
from stackgen.reading import listing, read_bytes, read_text, walk
from stackgen.record import record
from stackgen.regex import regex

SUFFIX = ".tgz"
# Of an archive: bytes packed, bytes of all files that are kept, and members that are looked at.
MAX_PACKED, MAX_UNPACKED, MAX_MEMBERS = 4 << 20, 16 << 20, 4000
_KEPT = (".yaml", ".yml", ".tpl", ".txt", ".json")


@contextmanager
def unpacked(archive: str) -> Iterator[str]:
    """The folder of the chart in an archive, while it is needed; "" if it cannot be read.

    Only text files within the chart are written, and to a temporary folder.
    """
    with tempfile.TemporaryDirectory() as temporary:
        try:
            folder = _written(archive, temporary)
        except (OSError, EOFError, tarfile.TarError, zlib.error, UsageError):
            folder = ""
        yield folder


def _written(archive: str, temporary: str) -> str:
    total, chart = 0, ""
    raw = io.BytesIO(read_bytes(archive, limit=MAX_PACKED))
    with tarfile.open(fileobj=raw, mode="r:gz") as members:
        for number, member in enumerate(members):
            parts = member.name.split("/")
            total += member.size
            if number >= MAX_MEMBERS or total > MAX_UNPACKED:
                return ""
            plain = all(part not in ("", ".", "..") for part in parts)
            if not member.isreg() or not plain or not member.name.endswith(_KEPT):
                continue
            content = members.extractfile(member)
            if content is None or len(parts) < 2:
                continue
            file = os.path.join(temporary, *parts)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "wb") as stream:
                stream.write(content.read(MAX_UNPACKED))
            chart = chart or os.path.join(temporary, parts[0])
    return chart


CHART = "Chart.yaml"
DEFAULTS = ("values.yaml", "values.yml")
_USE = regex(r"\.Values\b((?:\.[A-Za-z_]\w*)*)")
_INDEX = regex(r"\bindex\s+\$?(?:\.\w+)*\.Values((?:\s+\"[^\"]+\")+)")
# A helper is given the values under their own name.
_GIVEN = regex(r'"Values"\s+\$?(?:\.\w+)*\.Values(?![\w.])')
_REMARK = regex(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)
_COMMENT = regex(r"^\s*#.*$", re.MULTILINE)


@record
class Reads:
    """The values that a chart reads, as paths; of these, everything below.

    every: it may read any value, or what it reads is not known. others: the names of charts that it
    contains or depends on, each with its folder, or with None if it is not at hand. libraries: of
    these, the ones that only have templates for others.
    """

    paths: frozenset[tuple[str, ...]]
    every: bool
    others: dict[str, str | None]
    libraries: frozenset[str]


@contextmanager
def opened(chart: str) -> Iterator[list[str]]:
    """The folders of the charts that a chart contains; of packed ones, while they are needed."""
    with ExitStack() as packed:
        archives = (packed.enter_context(unpacked(file)) for file in _archives(chart))
        yield [*charts_in(chart), *filter(None, archives)]


def reads_of(chart: str, text: str, inner: list[str]) -> Reads:
    """What a chart reads.

    text: values, which may be templates. inner: the folders of the charts that it contains.
    """
    about = mapping(os.path.join(chart, CHART))
    paths: set[tuple[str, ...]] = set()
    every = False
    for found in (_COMMENT.sub("", text), *texts(chart, inner)):
        rest = _INDEX.sub(lambda m: _noted(paths, re.findall(r'"([^"]+)"', m[1])), found)
        rest = _GIVEN.sub("", rest)
        for use in _USE.finditer(rest):
            every |= not use[1]  # all values are passed on
            paths.add(tuple(use[1][1:].split(".")) if use[1] else ())
    others: dict[str, str | None] = {}
    libraries: set[str] = set()
    titles = {}
    for folder in inner:
        title = mapping(os.path.join(folder, CHART))
        name = str(title.get("name") or os.path.basename(folder))
        titles[name] = others[name] = folder
        if title.get("type") == "library":
            libraries.add(name)
    # Charts of the first version name them in a file of their own.
    old = mapping(os.path.join(chart, "requirements.yaml")).get("dependencies")
    for needed in entries(about.get("dependencies") or old):
        name, alias = str(needed.get("name", "")), str(needed.get("alias") or "")
        every |= bool(needed.get("import-values"))
        others[alias or name] = titles.get(name)
        libraries |= {alias} if alias and name in libraries else set()
        conditions = str(needed.get("condition") or "").split(",")
        paths |= {tuple(one.strip().split(".")) for one in conditions if one.strip()}
    return Reads(frozenset(paths - {()}), every or not paths, others, frozenset(libraries))


def _noted(paths: set[tuple[str, ...]], names: list[str]) -> str:
    paths.add(tuple(names))
    return ""


def texts(chart: str, inner: list[str]) -> Iterator[str]:
    """The templates of a chart and of those in it, and its default values."""
    found = list(templates(chart))
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


def templates(chart: str) -> Iterator[str]:
    """The templates of a chart itself, without their remarks."""
    yield from _templates(os.path.join(chart, "templates"))


def _templates(folder: str) -> Iterator[str]:
    """The texts of a folder that may be templates, without their remarks."""
    for here, _, files in walk(folder) if os.path.isdir(folder) else ():
        for name in files:
            if name.endswith((".yaml", ".yml", ".tpl", ".txt", ".json")):
                yield _REMARK.sub("", read_text(os.path.join(here, name)))


def charts_in(chart: str) -> list[str]:
    """The folders of charts in the folder `charts`."""
    inner = os.path.join(chart, "charts")
    folders = [os.path.join(inner, name) for name in listing(inner)]
    return [folder for folder in folders if os.path.isfile(os.path.join(folder, CHART))]


def damaged(chart: str, name: str) -> str:
    """The archive of a chart within a chart, if it cannot be read; else empty."""
    for archive in _archives(chart):
        file = os.path.basename(archive)
        if re.fullmatch(re.escape(name) + r"-v?\d.*\.tgz", file):
            with unpacked(archive) as folder:
                return "" if folder else file
    return ""


def _archives(chart: str) -> list[str]:
    inner = os.path.join(chart, "charts")
    return [os.path.join(inner, name) for name in listing(inner) if name.endswith(SUFFIX)]


def mapping(file: str) -> dict[str, Any]:
    """The object in a YAML or JSON file; empty if there is none."""
    if not os.path.isfile(file):
        return {}
    for document in parse(read_text(file), file):
        if isinstance(document.data, dict):
            return document.data
    return {}


def entries(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
