"""A connection that must not be possible is open."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.proof import violations
from stackgen.findings.model import Violations


def check(context: Context) -> Violations:
    """One finding for each forbidden flow that may be open."""
    return violations(context, "forbidden")
