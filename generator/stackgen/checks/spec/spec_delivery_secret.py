"""A repository that is read over SSH, without a key."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """A finding when the engine would have to log in, and has nothing to do it with."""
    delivery = context.spec.get("delivery", {})
    if not isinstance(delivery, dict) or delivery.get("engine", "flux") == "none":
        return
    repository = delivery.get("repository")
    if not isinstance(repository, str) or not repository.startswith("ssh://"):
        return
    if delivery.get("secret") is None:
        yield violation(
            f"{repository} is read over SSH, which needs spec.delivery.secret",
            context.place("spec", "delivery", "repository"),
        )
