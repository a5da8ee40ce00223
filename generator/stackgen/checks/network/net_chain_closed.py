"""A policy closes a connection between a gateway, an endpoint picker and a model server."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.view import View, view
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest.resource import Resource
from stackgen.net import ports as p
from stackgen.net.flows import Flow
from stackgen.net.model import Pod
from stackgen.net.ports import Ports
from stackgen.net.prove import blamed, prove_flows, reason

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Between Pods of the input; `net-required-flows` covers all connections of a stack."""
    if context.plan is not None:
        return
    seen = view(context)
    flows = list(_flows(context, seen)) if seen.policies else []
    told: set[tuple[int, str]] = set()
    for proof in prove_flows(seen.world, seen.policies, flows):
        found, flow = blamed(proof), proof.flow
        # A port is open enough when one that the destination declares is open.
        if found is None or proof.wrong != flow.ports or (id(found[0]), flow.reason) in told:
            continue
        policy, path = found
        told.add((id(policy), flow.reason))
        yield RULE.finding(
            f"{flow.source} to {flow.destination} is closed for {proof.wrong}: {flow.reason} "
            f"(egress: {reason(proof.verdict.egress, flow.ports)}, "
            f"ingress: {reason(proof.verdict.ingress, flow.ports)})",
            Place(policy.resource, path, key=True),
        )


def _flows(context: Context, seen: View) -> Iterator[Flow]:
    """The connections of each service: from the gateways of its routes, and from its picker."""
    pods: dict[tuple[int, str], list[Pod]] = {}
    for pod in seen.world.pods:
        if pod.resource is not None:
            pods.setdefault((id(pod.resource), pod.role), []).append(pod)
    # Only services whose Gateway is in the input: then the input probably has all policies too.
    routed: dict[int, None] = {}
    for gateway, service in _routed(context):
        routed[id(service)] = None
        for proxy in pods.get((id(gateway), "gateway"), ()):
            for picker in pods.get((id(service), "scheduler"), ()):
                yield from _flow(proxy, picker, "grpc", "the gateway calls the endpoint picker")
            for server in pods.get((id(service), "model"), ()):
                yield from _flow(proxy, server, "", "the gateway sends requests to the server")
    for owner in routed:
        for picker in pods.get((owner, "scheduler"), ()):
            for server in pods.get((owner, "model"), ()):
                why = "the endpoint picker reads the metrics of its servers"
                yield from _flow(picker, server, "", why)


def _routed(context: Context) -> Iterator[tuple[Resource, Resource]]:
    """The Gateways of the input, each with the services that its routes send requests to."""
    links = chain(context)
    told: set[tuple[int, int]] = set()
    for route in links.routes:
        parents = [ref for _, ref in maps(route.get("spec", "parentRefs"))]
        for _, backend in links.backends(route):
            kind, name = text(backend.get("kind")) or "Service", text(backend.get("name"))
            found = links.find(kind, text(backend.get("namespace")) or route.namespace, name)
            for ref in parents if found is not None and found.service is not None else ():
                space = text(ref.get("namespace")) or route.namespace
                gateway = links.find("Gateway", space, text(ref.get("name")), GATEWAY_API)
                assert found is not None and found.service is not None
                if gateway is None:
                    continue
                pair = (id(gateway.resource), id(found.service.resource))
                if pair not in told:
                    told.add(pair)
                    yield gateway.resource, found.service.resource


def _flow(source: Pod, destination: Pod, port: str, why: str) -> Iterator[Flow]:
    ports = _ports(destination, port)
    if ports:
        yield Flow("", "needed", source, destination, ports, why)


def _ports(pod: Pod, name: str) -> Ports:
    """The TCP ports that the containers of a Pod declare: all, or those with this name."""
    total = p.NONE
    for _, container in maps(pod.spec.get("containers")):
        for _, port in maps(container.get("ports")):
            number = port.get("containerPort")
            if port.get("protocol", "TCP") != "TCP" or name not in ("", port.get("name")):
                continue
            if type(number) is int and 0 < number < 65536:
                total = p.union(total, p.ports("TCP", number))
    return total
