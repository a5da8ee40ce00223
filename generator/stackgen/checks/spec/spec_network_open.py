"""A stack without network policies."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: SpecContext) -> Iterator[Finding]:
    """A finding when the default-deny policies are switched off."""
    network = context.spec.get("network")
    if isinstance(network, dict) and network.get("defaultDeny") is False:
        yield RULE.finding(
            "network.defaultDeny is false: the serving and the gateway namespace have no network "
            "policies",
            context.place("spec", "network", "defaultDeny"),
        )
