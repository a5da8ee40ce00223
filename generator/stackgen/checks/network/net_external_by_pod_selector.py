"""The internet meant, Pods selected."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.view import display_name, fixed_ports, view
from stackgen.findings.model import Place, Violations, violation
from stackgen.net import ports as p
from stackgen.net.policies import Peer
from stackgen.net.selectors import EVERYTHING

WEB = p.union(p.ports("TCP", 443), p.ports("TCP", 80))


def check(context: Context) -> Violations:
    """One finding for each rule that opens a web port to all Pods and nothing outside."""
    seen = view(context)
    outside = {
        id(policy)
        for policy, direction, rule in seen.network_rules()
        if direction == "egress" and p.intersect(fixed_ports(rule), WEB)
        and (rule.peers is None or any(x.block for x in rule.peers))
    }  # fmt: skip
    for policy, direction, rule in seen.network_rules():
        ports = fixed_ports(rule)
        if direction != "egress" or not p.intersect(ports, WEB) or p.subtract(ports, WEB):
            continue
        if not rule.peers or not all(map(_every_pod, rule.peers)):
            continue
        rest = [x for x in seen.policies if x.namespace == policy.namespace and x is not policy]
        if id(policy) in outside or any(
            id(x) in outside and x.subject in (policy.subject, _ALL) for x in rest
        ):
            continue
        if any(x.resource.kind == "FQDNNetworkPolicy" for x in rest):
            continue
        yield violation(
            f"{display_name(policy.resource)} opens {ports} to Pods only; no address outside "
            "the cluster is allowed",
            Place(policy.resource, (*rule.path, "to"), key=True),
        )


_ALL = Peer(pods=EVERYTHING)


def _every_pod(peer: Peer) -> bool:
    return (
        peer.namespaces == EVERYTHING
        and peer.block is None
        and (peer.pods is None or peer.pods == EVERYTHING)
    )
