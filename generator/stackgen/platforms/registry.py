"""Finds a platform by the name of its folder, which the release row says as `platform`."""

from __future__ import annotations

import importlib
import os
from functools import lru_cache
from typing import TYPE_CHECKING

from stackgen.errors import UsageError
from stackgen.platforms.model import Rendering
from stackgen.spelling import did_you_mean

if TYPE_CHECKING:
    from stackgen.plan.model import Plan

_PACKAGE = __name__.rpartition(".")[0]


@lru_cache(maxsize=1)
def platforms() -> tuple[str, ...]:
    """The names of all platforms: the folders beside this module that are packages."""
    top = os.path.dirname(os.path.abspath(__file__))
    with os.scandir(top) as entries:
        return tuple(sorted(
            entry.name for entry in entries
            if os.path.isfile(os.path.join(entry.path, "__init__.py"))
        ))  # fmt: skip


def rendering(name: str) -> Rendering:
    """What the platform `name` renders. Raises UsageError for a name that is none."""
    if name not in platforms():
        raise UsageError(f"no serving platform {name!r}{did_you_mean(name, list(platforms()))}")
    found: Rendering = importlib.import_module(f"{_PACKAGE}.{name}.rendering").RENDERING
    return found


def rendering_of(plan: Plan) -> Rendering:
    """What the platform of the plan's release renders."""
    return rendering(plan.release.platform)
