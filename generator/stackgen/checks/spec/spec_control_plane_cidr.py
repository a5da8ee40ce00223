"""Network policies that must name the API server, without its address."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """A finding when policies are wanted and the address is missing."""
    cluster, network = context.spec.get("cluster"), context.spec.get("network")
    if isinstance(network, dict) and network.get("defaultDeny") is False:
        return
    if isinstance(cluster, dict) and cluster.get("controlPlaneCidr") is None:
        schedulers = [m for _, m in context.items("serving", "models") if m.get("scheduler", True)]
        if schedulers:
            yield violation(
                "spec.cluster has no controlPlaneCidr, so the policies allow the endpoint "
                "picker to connect to every address on port 443",
                context.place("spec", "cluster", "controlPlaneCidr", key=True),
            )
