"""The internet meant, pods selected."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.view import called, fixed_ports, view
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.net import ports as p
from stackgen.net.policies import Peer
from stackgen.net.selectors import EVERYTHING

RULE = Rule(
    id="net-external-by-pod-selector",
    family="network",
    severity=Severity.ERROR,
    confidence="medium",
    summary="A rule that seems to be for the internet selects pods only.",
    impact=(
        "Addresses outside of the cluster are no pods: downloads, registries and APIs time out "
        "although a rule seems to allow them."
    ),
    remedy=(
        "Use an ipBlock (0.0.0.0/0 except the private ranges) with port 443, or on Dataplane V2 a "
        "FQDNNetworkPolicy."
    ),
    source="Kubernetes API reference, NetworkPolicyPeer; GKE documentation, FQDN network policies",
    why=(
        "namespaceSelector: {} means every pod of every namespace and nothing else. Judged for "
        "egress rules on port 443 or 80 to all pods, where no other rule lets the same pods out to "
        "any address."
    ),
    bad="egress: [{to: [{namespaceSelector: {}}], ports: [{port: 443}]}]",
    good="""\
egress:
- to:
  - ipBlock:
      cidr: 0.0.0.0/0
      except: [10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
  ports: [{port: 443}]
""",
)
WEB = p.union(p.ports("TCP", 443), p.ports("TCP", 80))


def check(context: Context) -> Iterator[Finding]:
    """One finding for each rule that opens a web port to all pods and nothing outside."""
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
        yield RULE.finding(
            f"{called(policy.resource)} opens {ports} to pods only; nothing outside of the cluster "
            "can be reached",
            Place(policy.resource, (*rule.path, "to"), key=True),
        )


_ALL = Peer(pods=EVERYTHING)


def _every_pod(peer: Peer) -> bool:
    return (
        peer.namespaces == EVERYTHING
        and peer.block is None
        and (peer.pods is None or peer.pods == EVERYTHING)
    )
