"""A stack without network policies."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """A finding when the default-deny policies are switched off."""
    network = context.spec.get("network")
    if isinstance(network, dict) and network.get("defaultDeny") is False:
        yield violation(
            "network.defaultDeny is false: the serving and the gateway namespace have no network "
            "policies",
            context.place("spec", "network", "defaultDeny"),
        )
