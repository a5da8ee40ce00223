"""Errors that the user can fix: told in a sentence, without a traceback."""

from __future__ import annotations


class UsageError(Exception):
    """A wrong option, or an input that cannot be read (exit code 2).

    more: further lines for the user, such as a list of files.
    """

    def __init__(self, message: str, *more: str) -> None:
        super().__init__(message)
        self.more = more


class PipeClosedError(Exception):
    """The command that reads standard output has ended: nothing is said."""


def unwritten(error: OSError) -> str:
    """What is said when standard output cannot be written."""
    return f"standard output cannot be written: {(error.strerror or str(error)).lower()}"
