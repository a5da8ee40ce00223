"""Versions of GKE, as far as they are written. For the rules about what one is too old for."""

from __future__ import annotations

from stackgen.digits import to_int
from stackgen.regex import regex

_VERSION = regex(r"v?(\d+)\.(\d+)\.(\d+)(?:-gke\.(\d+))?\Z")


def older(version: object, needed: str) -> bool:
    """Surely older; a version without patch number or build may be either."""
    own = _VERSION.match(version) if isinstance(version, str) else None
    other = _VERSION.match(needed)
    if own is None or other is None:
        return False
    left = [to_int(n) for n in own.groups() if n is not None]
    right = [to_int(n) for n in other.groups() if n is not None][: len(left)]
    return left < right
