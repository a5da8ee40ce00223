"""Writing new files: all of them or none, and never over what is there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from stackgen import folders
from stackgen.errors import UsageError


def taken(folder: str, names: Iterable[str]) -> list[str]:
    """The names below `folder` that cannot be written: something is there, or in the way."""
    return [name for name in names if _is_taken(folder, name)]


def write_new(folder: str, files: Mapping[str, bytes]) -> None:
    """Write `files` below `folder`, which is made when it does not exist.

    Raises UsageError when one cannot be written; those written before it are removed again.
    """
    done: list[str] = []
    made: list[str] = []
    try:
        for name, content in files.items():
            path = os.path.join(folder, *name.split("/"))
            made += folders.make(os.path.dirname(path))
            # "x" fails where a file appeared meanwhile.
            with open(path, "xb") as stream:
                done.append(path)
                stream.write(content)
    except OSError as error:
        for path in reversed(done):
            with suppress(OSError):
                os.unlink(path)
        folders.remove(made)
        where = os.path.normpath(error.filename or folder)
        raise UsageError(f"{where}: cannot be written: {error.strerror or error}") from None


def _is_taken(folder: str, name: str) -> bool:
    """Whether something is at `name`, or a folder above it is a file or a link to elsewhere."""
    steps = name.split("/")
    if os.path.lexists(os.path.join(folder, *steps)):
        return True
    for i in range(1, len(steps)):
        above = os.path.join(folder, *steps[:i])
        if os.path.islink(above) or (os.path.lexists(above) and not os.path.isdir(above)):
            return True
    return False
