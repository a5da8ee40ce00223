"""Delivery objects without the repository they sync."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-delivery-repository",
    family="spec",
    severity=Severity.ERROR,
    summary="Flux or Argo CD is wanted, and the repository is not named.",
    impact="The delivery objects would point nowhere; nothing would be synced.",
    remedy="Set spec.delivery.repository, or spec.delivery.engine: none.",
    source="Flux GitRepository.spec.url; Argo CD Application.spec.source.repoURL",
    bad="delivery: {engine: flux}",
    good="delivery: {engine: flux, repository: https://github.com/acme/llm-platform}",
)


def check(context: SpecContext) -> Iterator[Finding]:
    """A finding when an engine has no repository."""
    delivery = context.spec.get("delivery", {})
    if not context.spec or not isinstance(delivery, dict) or delivery.get("repository") is not None:
        return
    engine = delivery.get("engine", "flux")
    if engine in ("flux", "argocd"):
        yield RULE.finding(
            f"delivery by {engine} needs spec.delivery.repository",
            context.place("spec", "delivery", "repository", key=True),
        )
