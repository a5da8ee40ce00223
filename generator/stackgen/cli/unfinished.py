"""What a build that was cut off left in `out/` is settled before a command looks there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

OUT = "out"
WORK = ".stackgen"  # as in tree.journal, which only a command that finds it needs
# These look at no rendered file.
NOT_OF_OUT = {"explain", "init", "rules", "schemas"}


def settle_unfinished(command: str, arguments: Iterable[str]) -> None:
    """Complete or undo every exchange that was cut off near the paths among the arguments.

    Any argument may be a path, so this needs no knowledge of the options of a command, and holds
    also where the spec is broken. Raises UsageError when one cannot be settled.
    """
    if command in NOT_OF_OUT:
        return
    for folder in dict.fromkeys(_folders(arguments)):
        if os.path.lexists(os.path.join(folder, WORK)):
            from stackgen.tree.write import settle

            settle(folder)


def _folders(arguments: Iterable[str]) -> Iterator[str]:
    """The folders in which the work folder of a build may be."""
    yield os.path.abspath(OUT)
    for argument in arguments:
        # Such as `-C DIR`, `--directory=DIR`, `-CDIR`, `out/prod/` and `out/**/*.yaml`.
        for text in (argument, argument.partition("=")[2], argument[2:]):
            if not text or text.startswith("-") or "\0" in text:
                continue
            path = os.path.abspath(text)
            yield os.path.join(path, OUT)
            while True:
                yield path
                above = os.path.dirname(path)
                if above == path:
                    break
                path = above
