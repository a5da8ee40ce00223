"""Delivery objects without the repository they sync."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: SpecContext) -> Iterator[Finding]:
    """A finding when an engine has no repository."""
    delivery = context.spec.get("delivery", {})
    if not context.spec or not isinstance(delivery, dict) or delivery.get("repository") is not None:
        return
    engine = delivery.get("engine", "flux")
    if engine in ("flux", "argocd"):
        yield RULE.finding(
            f"delivery engine {engine} needs spec.delivery.repository",
            context.place("spec", "delivery", "repository", key=True),
        )
