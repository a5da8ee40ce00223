"""Delivery objects without the repository they sync."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """A finding when an engine has no repository."""
    delivery = context.spec.get("delivery", {})
    if not context.spec or not isinstance(delivery, dict) or delivery.get("repository") is not None:
        return
    engine = delivery.get("engine", "flux")
    if engine in ("flux", "argocd"):
        yield violation(
            f"delivery engine {engine} needs spec.delivery.repository",
            context.place("spec", "delivery", "repository", key=True),
        )
