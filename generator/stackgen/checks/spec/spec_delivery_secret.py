"""A repository that is read over SSH, without a key."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: SpecContext) -> Iterator[Finding]:
    """A finding when the engine would have to log in, and has nothing to do it with."""
    delivery = context.spec.get("delivery", {})
    if not isinstance(delivery, dict) or delivery.get("engine", "flux") == "none":
        return
    repository = delivery.get("repository")
    if not isinstance(repository, str) or not repository.startswith("ssh://"):
        return
    if delivery.get("secret") is None:
        yield RULE.finding(
            f"{repository} is read over SSH, which needs spec.delivery.secret",
            context.place("spec", "delivery", "repository"),
        )
