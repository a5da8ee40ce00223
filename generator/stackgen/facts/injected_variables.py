"""The variables that the kubelet or a controller sets in Pods."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache

from stackgen.manifest.shipped import shipped


@cache
def _names() -> tuple[str, ...]:
    return tuple(shipped(__file__, "injected_variables.yaml")["names"])


def is_injected(name: str, kind: str = "") -> bool:
    """Whether the variable may be set in a Pod though no manifest sets it.

    kind: of the workload; "" where it does not matter.
    """
    never: Mapping[str, list[str]] = shipped(__file__, "injected_variables.yaml")["not_in"]
    if any(kind in kinds and fnmatchcase(name, known) for known, kinds in never.items()):
        return False
    return any(fnmatchcase(name, known) for known in _names())
