"""What was cut off while `out/` or a folder like it was written is settled before it is read."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # to import typing would take as long as an answer that is kept
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Folders whose folders are exchanged as a whole, by their usual names.
WRITTEN = ("out", "bootstrap", "schemas")
WORK = ".stackgen"  # as in tree.journal, which only a command that finds it needs
# These read none of them.
ELSEWHERE = {"explain", "init", "rules"}


def settle_unfinished(command: str, arguments: Iterable[str]) -> None:
    """Complete or undo every exchange that was cut off near the paths among the arguments.

    Any argument may be a path, so this needs no knowledge of the options of a command, and holds
    also where the spec is broken. Raises UsageError when one cannot be settled.
    """
    if command in ELSEWHERE:
        return
    for folder in dict.fromkeys(folders(arguments)):
        if os.path.lexists(os.path.join(folder, WORK)):
            from stackgen.tree.write import settle

            settle(folder)


def is_unfinished(arguments: Iterable[str]) -> bool:
    """Whether an exchange near the paths among the arguments was cut off."""
    return any(os.path.lexists(os.path.join(folder, WORK)) for folder in folders(arguments))


def folders(arguments: Iterable[str]) -> Iterator[str]:
    """The folders in which a work folder may be."""
    yield from map(os.path.abspath, WRITTEN)
    for argument in arguments:
        # Such as `-C DIR`, `--directory=DIR`, `-CDIR`, `out/prod/` and `out/**/*.yaml`.
        for text in (argument, argument.partition("=")[2], argument[2:]):
            if not text or text.startswith("-") or "\0" in text:
                continue
            path = os.path.abspath(text)
            yield from (os.path.join(path, name) for name in WRITTEN)
            while True:
                yield path
                above = os.path.dirname(path)
                if above == path:
                    break
                path = above
