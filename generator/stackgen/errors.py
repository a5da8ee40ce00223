"""Errors that are the user's to mend: told in a sentence, without a traceback."""

from __future__ import annotations


class UsageError(Exception):
    """A wrong option, or an input that cannot be read (exit code 2)."""
