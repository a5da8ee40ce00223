"""Encrypted files that nobody would decrypt."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-secrets-engine",
    family="spec",
    severity=Severity.ERROR,
    summary="Secrets are to be decrypted by Flux, and the delivery is not Flux.",
    impact="Nobody decrypts the files: pods that need the Secrets never start.",
    remedy="Use delivery.engine: flux, or another secrets.manager. With a plug-in of your own that "
    "decrypts, write secrets.manager: existing.",
    source="kustomize-controller docs/spec/v1/kustomizations.md v1.9.4: decryption",
    bad="{delivery: {engine: argocd}, secrets: {manager: sops}}",
    good="{delivery: {engine: flux}, secrets: {manager: sops}}",
)


def check(context: SpecContext) -> Iterator[Finding]:
    """A finding when sops meets another engine."""
    secrets, delivery = (context.spec.get(key) for key in ("secrets", "delivery"))
    if not isinstance(secrets, dict) or secrets.get("manager") != "sops":
        return
    engine = delivery.get("engine", "flux") if isinstance(delivery, dict) else "flux"
    if engine in ("argocd", "none"):
        yield RULE.finding(
            f"secrets.manager sops needs Flux, and delivery.engine is {engine}",
            context.place("spec", "secrets", "manager"),
            context.place("spec", "delivery", "engine", note="the engine"),
        )
