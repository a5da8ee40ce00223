"""What a check is given. Checks are pure: they read this and yield findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stackgen.manifest.resource import Bundle
    from stackgen.plan.model import Plan
    from stackgen.spec.model import Stack


@dataclass(frozen=True)
class Context:
    """The bundle and, when the bundle was built here, the stack and plan behind it.

    release: the release row whose controllers are meant. profile: facts about the cluster that
    set-wide policies read. schemas: folders of the user's own schemas, first match wins.
    policies: folders of the user's own policies.
    """

    bundle: Bundle
    release: str = ""
    stack: Stack | None = None
    plan: Plan | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)
    schemas: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
