"""Network policies that must name the API server, without its address."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-control-plane-cidr",
    family="spec",
    severity=Severity.ERROR,
    summary="Default-deny policies need the API server's address, and the spec has none.",
    impact="The endpoint picker could not watch pods: no request would be routed.",
    remedy="Set spec.cluster.controlPlaneCidr (`gcloud container clusters describe NAME "
    "--format='value(endpoint)'`, as a /32), or spec.network.defaultDeny: false.",
    source="GKE: the API server is no pod, only an ipBlock matches it",
    bad="network: {defaultDeny: true}",
    good="cluster: {controlPlaneCidr: 172.16.0.0/28}",
)


def check(context: SpecContext) -> Iterator[Finding]:
    """A finding when policies are wanted and the address is missing."""
    cluster, network = context.spec.get("cluster"), context.spec.get("network")
    if isinstance(network, dict) and network.get("defaultDeny") is False:
        return
    if isinstance(cluster, dict) and cluster.get("controlPlaneCidr") is None:
        schedulers = [m for _, m in context.items("serving", "models") if m.get("scheduler", True)]
        if schedulers:
            yield RULE.finding(
                "spec.cluster has no controlPlaneCidr, but the endpoint picker must reach the "
                "API server through default-deny policies",
                context.place("spec", "cluster", "controlPlaneCidr", key=True),
            )
