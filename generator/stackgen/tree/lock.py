"""`stackgen.lock`: what made the files of one environment, and a hash of each."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from stackgen.errors import UsageError
from stackgen.reading import listing, read_text
from stackgen.regex import regex

NAME = "stackgen.lock"
VERSION = 1
# How far from what is read a lock tells its release: `out/ENV` below a repository, and the folders
# of an environment above.
_LEVELS_BELOW, _LEVELS_ABOVE = 2, 2
# A line of `files`: the name as JSON writes it, and the hash.
_ENTRY = regex(r'\s*("(?:[^"\\]|\\.)+"): "[0-9a-f]{64}",?\s*\Z')


def digest(content: bytes) -> str:
    """SHA-256 of a file's bytes, hex."""
    return hashlib.sha256(content).hexdigest()


def lock_text(
    spec: Any, release: str, catalog: Mapping[str, str], tool: str, files: Mapping[str, bytes]
) -> bytes:
    """The lock of one environment.

    spec: the merged spec as plain data (comments do not count). catalog: as-of dates of the rows
    that were used. files: every other file of the environment by its path.
    """
    canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    content = {
        "version": VERSION,
        "stackgen": tool,
        "release": release,
        "input": digest(canonical.encode("utf-8")),
        "catalog": dict(sorted(catalog.items())),
        "files": {name: digest(files[name]) for name in sorted(files)},
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def releases_near(paths: Iterable[str]) -> dict[str, str]:
    """The release that each lock names, by its file.

    Of the locks in the folders of `paths`, two levels below those that are folders, and above.
    """
    found: dict[str, str] = {}
    for path in paths:
        top = path if os.path.isdir(path) else os.path.dirname(path) or "."
        above = (os.path.join(top, *[os.pardir] * level) for level in range(_LEVELS_ABOVE + 1))
        below = _folders(top, _LEVELS_BELOW) if top == path else ()
        for folder in (*above, *below):
            file = os.path.normpath(os.path.join(folder, NAME))
            if os.path.isfile(file) and (release := _release(file)):
                found[file] = release
    return found


def _folders(top: str, levels: int) -> Iterator[str]:
    if not levels or not os.path.isdir(top):
        return
    with suppress(UsageError):
        for name in listing(top):
            folder = os.path.join(top, name)
            if not name.startswith(".") and os.path.isdir(folder):
                yield folder
                yield from _folders(folder, levels - 1)


def _release(file: str) -> str:
    try:
        release = json.loads(read_text(file))["release"]
    except (UsageError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return release if isinstance(release, str) else ""


def owned_files(content: bytes) -> frozenset[str]:
    """The files that a lock lists.

    In a lock with a merge conflict, the lines of both sides count. A lock that is damaged in
    another way lists what can be read of it.
    """
    try:
        files = json.loads(content)["files"]
        return frozenset(name for name in files if isinstance(name, str))
    except (ValueError, KeyError, TypeError, RecursionError):
        return frozenset(_listed(content.decode("utf-8", "replace")))


def _listed(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if match := _ENTRY.match(line):
            with suppress(ValueError):
                yield json.loads(match[1])
