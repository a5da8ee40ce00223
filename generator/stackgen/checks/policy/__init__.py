"""Security policies in Rego: the shipped pack and the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stackgen.checks.context import Context
from stackgen.checks.policy import pack
from stackgen.findings.model import Finding, Rule


def rules() -> tuple[Rule, ...]:
    """The rules of this family, read from the headers of the policy files."""
    return pack.rules()


def check_custom(context: Context) -> Iterable[Finding]:
    """Findings of the user's own policies; without any, their runner is not even imported."""
    if context.policies:
        from stackgen.checks.policy import custom

        yield from custom.check(context)


CHECKS: tuple[tuple[str, Callable[[Context], Iterable[Finding]]], ...] = (
    ("policy-pack", pack.check),
    ("policy-custom", check_custom),
)
