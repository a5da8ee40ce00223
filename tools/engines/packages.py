"""The Python files of a package as it was downloaded from PyPI: a wheel or an sdist."""

from __future__ import annotations

import ast
import re
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

_NAME = re.compile(r"(?:.*/)?([A-Za-z0-9_]+?)-(\d+(?:\.\d+)+(?:\.post\d+)?)(?:-.*\.whl|\.tar\.gz)")
# An sdist of SGLang has its package below `python/`.
_ABOVE = re.compile(r"(?:[^/]+-\d[^/]*/)?(?:python/)?(.+\.py)")


@dataclass(frozen=True)
class Package:
    """name: as in the file name, with underscores. files: source by path within the package."""

    name: str
    version: str
    files: Mapping[str, str]

    def tree(self, path: str) -> ast.Module | None:
        """One parsed file; None when the package does not have it."""
        source = self.files.get(path)
        return _parsed(source) if source is not None else None

    def below(self, *folders: str) -> Iterator[ast.Module]:
        """The parsed files whose path begins with one of these."""
        for path, source in self.files.items():
            if path.startswith(folders):
                yield _parsed(source)


_parsed = lru_cache(maxsize=500)(ast.parse)


def opened(file: str, wanted: tuple[str, ...]) -> Package:
    """The files of a package whose path begins with one of `wanted`.

    Raises ValueError for a name that is not of a wheel or sdist with a version.
    """
    match = _NAME.fullmatch(file)
    if match is None:
        raise ValueError(f"{file} is not named as a package with a version")
    files = {
        found[1]: data.decode("utf-8")
        for path, data in (_of_wheel(file) if file.endswith(".whl") else _of_sdist(file))
        if (found := _ABOVE.fullmatch(path)) and found[1].startswith(wanted)
    }
    return Package(match[1], match[2], files)


def _of_wheel(file: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                yield name, archive.read(name)


def _of_sdist(file: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(file) as archive:
        for member in archive:
            source = archive.extractfile(member) if member.name.endswith(".py") else None
            if source is not None:
                yield member.name, source.read()
