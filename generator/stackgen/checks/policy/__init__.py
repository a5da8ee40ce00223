"""Security policies in Rego: the shipped pack and the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stackgen.checks.context import Context
from stackgen.checks.policy import custom, pack
from stackgen.findings.model import Finding, Rule


def rules() -> tuple[Rule, ...]:
    """The rules of this family, read from the headers of the policy files."""
    return pack.rules()


CHECKS: tuple[tuple[str, Callable[[Context], Iterable[Finding]]], ...] = (
    ("policy-pack", pack.check),
    ("policy-custom", custom.check),
)
