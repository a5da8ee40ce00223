"""The user's own policies. A module of its own: without any, their runner is not imported."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.context import Context
from stackgen.findings.model import Finding


def check(context: Context) -> Iterable[Finding]:
    """Findings of the user's own policies."""
    if context.policies:
        from stackgen.checks.policy import custom

        yield from custom.check(context)
