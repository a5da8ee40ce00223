"""A rule for probes, which need none."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.view import View, display_name, fixed_ports, view
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net import ports as p
from stackgen.net.addresses import Addresses
from stackgen.net.policies import Policy
from stackgen.net.ports import Ports

MANY = 2**16  # addresses; smaller ranges are a particular client


def check(context: Context) -> Violations:
    """One finding for each rule whose ports are all probed and whose peers are wide ranges."""
    seen = view(context)
    for policy, direction, rule in seen.network_rules():
        if direction != "ingress" or not rule.peers or rule.ports is None:
            continue
        blocks = [peer.block for peer in rule.peers]
        if not all(block is not None and _size(block) >= MANY for block in blocks):
            continue
        ports, probed = fixed_ports(rule), _probed(seen, policy)
        if ports and probed and not p.subtract(ports, probed):
            yield violation(
                f"{display_name(policy.resource)} opens {ports}, which the kubelet probes, to "
                f"{sum(_size(b) for b in blocks if b):,} addresses",
                Place(policy.resource, rule.path),
            )


def _size(block: Addresses) -> int:
    return sum(high - low + 1 for low, high in block.v4 or block.v6)


def _probed(seen: View, policy: Policy) -> Ports:
    """The ports on which all probes of the policy's Pods ask."""
    total = p.NONE
    for resource in {id(x.resource): x.resource for x in seen.selected(policy)}.values():
        if resource is not None:
            total = p.union(total, _ports(resource))
    return total


def _ports(resource: Resource) -> Ports:
    total = p.NONE
    stack = [resource.data]
    while stack:
        here = stack.pop()
        for key, value in here.items():
            if key in ("startupProbe", "readinessProbe", "livenessProbe"):
                total = p.union(total, _asked(value))
            elif isinstance(value, dict):
                stack.append(value)
            elif isinstance(value, list):
                stack.extend(item for item in value if isinstance(item, dict))
    return total


def _asked(probe: object) -> Ports:
    for way in ("httpGet", "tcpSocket", "grpc"):
        asked = probe.get(way) if isinstance(probe, dict) else None
        port = asked.get("port") if isinstance(asked, dict) else None
        if isinstance(port, int):
            return p.ports("TCP", port)
    return p.NONE
