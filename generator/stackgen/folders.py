"""Folders that are made for what is written in them, and are removed again when that fails."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from stackgen.errors import UsageError


def make(path: str) -> list[str]:
    """Make `path` and what is missing above it; what was made, outermost first.

    Raises OSError; then nothing was made.
    """
    missing = []
    while path and not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    missing.reverse()
    for number, one in enumerate(missing):
        try:
            os.mkdir(one)
        except OSError:
            remove(missing[:number])
            raise
    return missing


def remove(made: Iterable[str]) -> None:
    """Remove what `make` made, as far as it is empty."""
    for path in reversed(list(made)):
        with suppress(OSError):
            os.rmdir(path)


def check_folder(path: str, shown: str = "") -> None:
    """Raise UsageError unless `path` is a folder. shown: what to call it in place of the path."""
    if not os.path.isdir(path):
        what = "is not a folder" if os.path.lexists(path) else "no such folder"
        raise UsageError(f"{shown or path}: {what}")


def check_way(root: str, path: str) -> None:
    """Raise UsageError when a link or a file is on the way from the folder `root` to `path`.

    path: relative to `root`. What a repository holds must not decide where files are written to.
    """
    here = root
    for step in os.path.normpath(path).split(os.sep):
        here = os.path.join(here, step)
        shown = os.path.relpath(here, root)
        if os.path.islink(here):
            raise UsageError(f"{shown}: is a link; stackgen would write here")
        if os.path.lexists(here) and not os.path.isdir(here):
            raise UsageError(f"{shown}: is not a folder")
