"""The variables that the kubelet or a controller sets in Pods."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

from stackgen.manifest.shipped import shipped


@cache
def _names() -> tuple[str, ...]:
    return tuple(shipped(__file__, "injected_variables.yaml")["names"])


def is_injected(name: str) -> bool:
    """Whether the variable may be set in a Pod though no manifest sets it."""
    return any(fnmatchcase(name, known) for known in _names())
