"""Encrypted files that nothing would decrypt."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """A finding when sops meets another engine."""
    secrets, delivery = (context.spec.get(key) for key in ("secrets", "delivery"))
    if not isinstance(secrets, dict) or secrets.get("manager") != "sops":
        return
    engine = delivery.get("engine", "flux") if isinstance(delivery, dict) else "flux"
    if engine in ("argocd", "none"):
        yield violation(
            f"secrets.manager sops needs Flux, but delivery.engine is {engine}",
            context.place("spec", "secrets", "manager"),
            context.place("spec", "delivery", "engine", note="the engine"),
        )
