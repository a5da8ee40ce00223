"""A connection that the stack needs is closed."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.proof import violations
from stackgen.findings.model import Violations


def check(context: Context) -> Violations:
    """One finding for each needed flow that is not certainly open."""
    return violations(context, "needed")
