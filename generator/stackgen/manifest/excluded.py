"""Which files below a folder are left out: --exclude, `exclude` of the config, and .gitignore.

A file or folder that is named on the command line is read all the same: only what is found below a
folder, or by a glob, can be left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from stackgen.cache import seen
from stackgen.errors import UsageError
from stackgen.reading import MAX_SPEC, read_bytes, read_text
from stackgen.record import record
from stackgen.regex import regex

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

GITIGNORE = ".gitignore"
REPOSITORY = ".git"
_MAX_PATTERNS = 1000  # of one file; the others are not applied, so that more is read
# A pattern is matched by backtracking, whose time grows with each star that a name part can fill.
_MAX_STARS = 3
_MAX_INDEX = 64 * 2**20  # of some 500,000 files
_STARS = regex(r"\*+")

Why: TypeAlias = str  # what leaves a file out, as a user names it; empty for a file that is read


@record
class Excluded:
    """patterns: what names them, the folder that they are relative to, and lines in the syntax of
    .gitignore. git: also what .gitignore files say.
    """

    patterns: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    git: bool = True


def check_patterns(patterns: Iterable[str]) -> str:
    """What is wrong with the first pattern that cannot be used; empty when all can be."""
    for pattern in patterns:
        if not pattern.strip() or pattern.lstrip().startswith("#"):
            return f"{pattern!r} is not a valid pattern"
        if not _is_bounded(pattern):
            return f"{pattern!r} has more than {_MAX_STARS} * in one part, or more than as many **"
        spec = _spec((pattern,))
        if spec is None or all(one.include is None for one in spec.patterns):
            return f"{pattern!r} is not a valid pattern in the syntax of {GITIGNORE}"
    return ""


def finder(excluded: Excluded) -> Callable[[str, bool, str], Why]:
    """A function of a path, of whether it is a folder, and of the folder that the user named.

    It says what leaves the path out. Raises UsageError for a pattern that cannot be used.
    """
    specs = []
    for name, base, lines in excluded.patterns:
        wrong = check_patterns(lines)
        spec = _spec(lines)
        if wrong or spec is None:
            raise UsageError(f"{name}: {wrong}")
        specs.append((name, os.path.abspath(base), spec))
    ignoring = _Git()

    def why(path: str, is_folder: bool, named: str) -> Why:
        where = os.path.abspath(path)
        for name, base, spec in specs:
            if _says(spec, base, where, is_folder):
                return name
        return ignoring.why(where, is_folder, os.path.abspath(named)) if excluded.git else ""

    return why


class _Git:
    """What the .gitignore files of a repository say, each read once.

    Git ignores no file that was added to it. Without a repository, all files are those of the user.
    """

    def __init__(self) -> None:
        self.tops: dict[str, str] = {}
        self.specs: dict[str, GitIgnoreSpec | None] = {}
        self.added: dict[str, frozenset[str]] = {}

    def why(self, where: str, is_folder: bool, named: str) -> Why:
        if named not in self.tops:
            top = _top(named)
            # The user wants what is named, also where it is ignored, such as a folder of results.
            ignored = top and named != top and bool(self._says(named, True, top))
            self.tops[named] = named if ignored else top
            if top not in self.added:
                self.added[top] = _added(top) if top else frozenset()
            self.added[self.tops[named]] = self.added[top]
        top = self.tops[named]
        if not top or where in self.added[top] or not self._says(where, is_folder, top):
            return ""
        return GITIGNORE

    def _says(self, where: str, is_folder: bool, top: str) -> bool | None:
        """Whether the files from its folder up to `top` ignore it; the nearest counts."""
        here = os.path.dirname(where)
        while True:
            spec = self._spec(here)
            said = None if spec is None else _says(spec, here, where, is_folder)
            if said is not None or here == top or not here.startswith(top):
                return said
            here = os.path.dirname(here)

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self.specs:
            path = os.path.join(folder, GITIGNORE)
            seen.name(path)
            lines: list[str] = []
            if os.path.isfile(path):
                try:
                    lines = read_text(path, limit=MAX_SPEC).splitlines()[:_MAX_PATTERNS]
                except UsageError:  # Git reads on without it
                    lines = []
            self.specs[folder] = _spec(tuple(filter(_is_bounded, lines))) if lines else None
        return self.specs[folder]


def _added(top: str) -> frozenset[str]:
    """The files that the index of a repository has, and their folders; none if it is not readable.

    The index has a header of 12 bytes, then entries: 62 bytes, of which the last two are flags, the
    path and zeros up to a multiple of 8 (gitformat-index, versions 2 and 3).
    """
    path = os.path.join(top, REPOSITORY, "index")
    if not os.path.isfile(path):
        return frozenset()
    try:
        data = read_bytes(path, limit=_MAX_INDEX)
    except UsageError:
        return frozenset()
    found: set[str] = set()
    at, count = 12, int.from_bytes(data[8:12], "big")
    if data[:4] != b"DIRC" or int.from_bytes(data[4:8], "big") not in (2, 3):
        return frozenset()
    for _ in range(count):
        extended = bool(data[at + 60] & 0x40) if at + 60 < len(data) else False
        start = at + (64 if extended else 62)
        end = data.find(b"\0", start)
        if end < 0:
            break
        path = os.path.join(top, os.fsdecode(data[start:end]))
        while path not in found and len(path) > len(top):
            found.add(path)
            path = os.path.dirname(path)
        at += (end - at + 8) // 8 * 8
    return frozenset(found)


def _top(named: str) -> str:
    """The folder of the Git repository that `named` is in; "" without one."""
    here = named
    while True:
        git = os.path.join(here, REPOSITORY)
        seen.name(git)
        if os.path.lexists(git):
            return here
        above = os.path.dirname(here)
        if above == here:
            return ""
        here = above


def _is_bounded(pattern: str) -> bool:
    parts = pattern.split("/")
    deep = sum(part == "**" for part in parts)
    return deep <= _MAX_STARS and all(len(_STARS.findall(x)) <= _MAX_STARS for x in parts)


def _spec(lines: tuple[str, ...]) -> GitIgnoreSpec | None:
    """The patterns; those that Git could not use are left out. None when none is left."""
    from pathspec import GitIgnoreSpec  # few folders need it

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        usable = tuple(line for line in lines if len(lines) > 1 and _spec((line,)) is not None)
        return GitIgnoreSpec.from_lines(usable) if usable else None


def _says(spec: GitIgnoreSpec, base: str, where: str, is_folder: bool) -> bool | None:
    """Whether the patterns of the folder `base` leave `where` out; None when they say nothing."""
    inside = base if base.endswith(os.sep) else base + os.sep
    if not where.startswith(inside):
        return None
    name = where[len(inside) :] + ("/" if is_folder else "")
    return spec.check_file(name).include
