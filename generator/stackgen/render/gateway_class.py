"""What the class of the Gateway decides: whose proxies they are, and who speaks TLS to the servers.

Istio's gateway speaks the serving platform's TLS to the servers. GKE's load balancers speak plain
HTTP to the Pods of an InferencePool, and know no InferencePool but those of the newer API group.
"""

from __future__ import annotations

from typing import Any

from stackgen.origin import Because, Traced, When, computed, is_value
from stackgen.plan.model import Plan

# Source: Google Cloud documentation, health check firewall rules; as of 2026-11-20.
HEALTH_CHECKS = ("35.191.0.0/16", "130.211.0.0/22")


def rendered(plan: Plan) -> Traced[bool]:
    """Whether the stack renders the Gateway, and what is beside it."""
    return is_value(plan.stack.spec.gateway.objects, "all")


def routed(plan: Plan) -> Traced[bool]:
    """Whether models have routes."""
    why = "a choice of the spec"
    return plan.stack.spec.gateway.objects.map("has routes", why, lambda v: v != "none")


def istio(plan: Plan) -> Traced[bool]:
    """Whether Istio's proxies are the gateway."""
    return is_value(plan.stack.spec.gateway.class_, "istio")


def envoy(plan: Plan) -> Traced[bool]:
    """Whether proxies of Envoy Gateway are the gateway."""
    return is_value(plan.stack.spec.gateway.class_, "envoy")


def gke(plan: Plan) -> Traced[bool]:
    """Whether a load balancer of Google Cloud is the gateway."""
    name = "is GKE's"
    return plan.stack.spec.gateway.class_.map(name, "a choice", lambda v: v.startswith("gke-"))


def in_cluster(plan: Plan) -> Traced[bool]:
    """The opposite of `gke`: the proxies are Pods beside the Gateway."""
    name = "has Pods"
    return plan.stack.spec.gateway.class_.map(name, "a choice", lambda v: not v.startswith("gke-"))


def scheme(plan: Plan) -> Traced[str]:
    """In which the servers are spoken to: HTTPS, or HTTP by GKE's load balancers."""
    return computed(
        "scheme", "as the gateway speaks", lambda usual, on: usual if on else "HTTP",
        plan.release.serving("scheme"), istio(plan),
    )  # fmt: skip


def gateway_pods(plan: Plan) -> dict[str, Any]:
    """The proxies in the cluster, as a peer of a network policy. All projects label them so."""
    gateway = plan.stack.spec.gateway
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": gateway.namespace}},
        "podSelector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": gateway.name}},
    }


def gateway_peers(plan: Plan) -> list[Any]:
    """Who sends requests to the servers: Pods, or Google's proxies and their health checks."""
    subnet = plan.stack.spec.gateway.proxyOnlySubnet
    why = "a Pod that they do not reach gets no requests"
    checks = ({"ipBlock": {"cidr": cidr}} for cidr in HEALTH_CHECKS)
    return [
        When(in_cluster(plan), gateway_pods(plan)),
        When(gke(plan), Because(
            {"ipBlock": {"cidr": subnet}}, "network/proxies",
            "Google's proxies have the addresses of a subnet of their own",
        )),
        *(When(gke(plan), Because(one, "network/health-checks", why)) for one in checks),
    ]  # fmt: skip


def health_checks(plan: Plan, port: dict[str, Any]) -> When:
    """A rule for the health checks of Google's load balancers, on a port of their own."""
    why = "GKE asks an endpoint picker on the port of its health service"
    peers = [{"ipBlock": {"cidr": cidr}} for cidr in HEALTH_CHECKS]
    tree = {"from": peers, "ports": [port]}
    return When(gke(plan), Because(tree, "network/health-checks", why))
