"""Whether a policy selects a Pod, and a rule's peers and ports match an endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stackgen.net import ports as p
from stackgen.net.addresses import Addresses
from stackgen.net.model import Endpoint, External, Host, Node, Pod, World
from stackgen.net.policies import Peer, Policy, PolicyRule, Port
from stackgen.net.ports import Ports
from stackgen.net.selectors import EVERYTHING, Selector
from stackgen.record import slotted


@slotted
class Span:
    """Ports for certain, and ports possibly (the certain ones among them)."""

    sure: Ports
    maybe: Ports


NOTHING = Span(p.NONE, p.NONE)


class Matcher:
    """Matching in one world and one reading; remembers every answer."""

    def __init__(self, world: World, pods_are_addresses: bool) -> None:
        self.world = world
        self.pods_are_addresses = pods_are_addresses
        self._members: dict[tuple[str, tuple[Peer, ...] | None], list[tuple[Endpoint, bool]]] = {}
        self._spaces: dict[tuple[Selector, str], bool | None] = {}
        self._fixed: dict[int, Ports] = {}
        self._within: dict[tuple[int, int], tuple[bool | None, Addresses, Addresses]] = {}

    def subject(self, policy: Policy, pod: Pod) -> bool | None:
        """Whether the policy acts on the Pod; None when that is not known."""
        if pod.host_network:
            return False
        return self._pod(policy.subject, policy.namespace, pod)

    def rule(
        self, policy: Policy, rule: PolicyRule, other: Endpoint, destination: Endpoint
    ) -> Span:
        """The ports at `destination` that the rule is about, for traffic with `other`."""
        matched = self._any_peer(rule.peers, policy.namespace, other)
        if matched is False:
            return NOTHING
        found = self.span(rule, destination)
        return found if matched else Span(p.NONE, found.maybe)

    def members(self, policy: Policy, rule: PolicyRule) -> list[tuple[Endpoint, bool]]:
        """The endpoints of the world that a rule's peers match, and whether for certain."""
        # The policies of many servers name the same peers.
        key = (policy.namespace, rule.peers)
        found = self._members.get(key)
        if found is None:
            found = self._members[key] = []
            for other in self._candidates(policy, rule):
                matched = self._any_peer(rule.peers, policy.namespace, other)
                if matched is not False:
                    found.append((other, bool(matched)))
        return found

    def _candidates(self, policy: Policy, rule: PolicyRule) -> Iterable[Endpoint]:
        """The endpoints that can match at all, by their namespaces and labels."""
        inside: dict[int, Pod] = {}
        for peer in rule.peers or ():
            allowed = frozenset[str]()
            if peer.block is not None:
                if self.pods_are_addresses or peer.pods_too:
                    return self.world.endpoints
            elif peer.namespaces is not None:
                names = peer.namespaces.names()
                allowed = frozenset({"*"}) if names is None else names
            elif peer.pods is not None:
                allowed = frozenset({policy.namespace})
            for name in allowed:
                inside.update(self.world.labelled.candidates(name, peer.pods or EVERYTHING))
        if rule.peers is None:
            return self.world.endpoints
        return (*(inside[number] for number in sorted(inside)), *self.world.others)

    # -- peers -------------------------------------------------------------------------------

    def _any_peer(
        self, peers: tuple[Peer, ...] | None, namespace: str, other: Endpoint
    ) -> bool | None:
        if peers is None:
            return True
        matches = [self.peer(peer, namespace, other) for peer in peers]
        if True in matches:
            return True
        if isinstance(other, (External, Host)):
            # Several blocks may cover together what none covers alone.
            total = Addresses()
            for peer in peers:
                total = total | (peer.block or Addresses())
            return other.addresses.inside(total)
        return None if None in matches else False

    def peer(self, peer: Peer, namespace: str, other: Endpoint) -> bool | None:
        """Whether `other` is such a peer for a policy of `namespace`."""
        if isinstance(other, Pod):
            if peer.block is not None:
                if not (self.pods_are_addresses or peer.pods_too):
                    return False
                return self._inside(other.addresses or self.world.pod_range, peer.block)
            if peer.pods is None and peer.namespaces is None:
                return False
            return self._pod(peer, namespace, other)
        if isinstance(other, Host) and peer.hosts:
            return any(named(h, other.name, peer.many_labels) for h in peer.hosts)
        if isinstance(other, Node):
            if peer.nodes:
                return None
            if peer.block is None or not self.pods_are_addresses:
                return False  # by default Cilium keeps nodes, like Pods, out of address ranges
            return (other.addresses or self.world.node_range).inside(peer.block)
        return False if peer.block is None else other.addresses.inside(peer.block)

    def _inside(self, addresses: Addresses, block: Addresses) -> bool | None:
        """Asked for each Pod and block: most Pods have the addresses of all pods."""
        key = (id(addresses), id(block))
        if key not in self._within:
            self._within[key] = (addresses.inside(block), addresses, block)
        return self._within[key][0]

    def _pod(self, peer: Peer, namespace: str, pod: Pod) -> bool | None:
        """Whether the selectors of `peer` select the pod."""
        space: bool | None
        if peer.namespaces is None:
            space = pod.namespace == namespace
        else:
            key = (peer.namespaces, pod.namespace)
            if key not in self._spaces:
                found = self.world.namespace(pod.namespace)
                self._spaces[key] = peer.namespaces.matches(found.labels, found.complete)
            space = self._spaces[key]
        if space is False:
            return False
        pods = True if peer.pods is None else peer.pods.matches(pod.labels, pod.complete)
        if pods is False:
            return False
        return True if space and pods else None

    # -- ports -------------------------------------------------------------------------------

    def ports(self, rule: PolicyRule, destination: Endpoint) -> Ports:
        """The ports that the rule is about, where `destination` is the one that listens."""
        if rule.ports is None:
            return p.ALL
        if id(rule) in self._fixed:
            return self._fixed[id(rule)]
        total = p.NONE
        for port in rule.ports:
            total = p.union(total, _numbers(port, destination))
        if not any(port.name for port in rule.ports):
            self._fixed[id(rule)] = total
        return total

    def span(self, rule: PolicyRule, destination: Endpoint) -> Span:
        """The same: a port of a Pod that is known in part is there possibly."""
        found = self.ports(rule, destination)
        if not isinstance(destination, Pod) or destination.ports_known:
            return Span(found, found)
        sure = p.NONE
        for port in rule.ports or ():
            known = not port.name or (port.protocol or "TCP", port.name) in destination.ports
            sure = p.union(sure, _numbers(port, destination) if known else p.NONE)
        return Span(found if rule.ports is None else sure, found)


def _numbers(port: Port, destination: Endpoint) -> Ports:
    if not port.name:
        return p.ports(port.protocol, port.low, port.high)
    total = p.NONE
    if isinstance(destination, Pod) and not destination.ports_known:
        total = p.ports(port.protocol or "TCP", 1, 65535)
        if (port.protocol or "TCP", port.name) in destination.ports:
            total = p.NONE
    if isinstance(destination, Pod):
        for (protocol, name), number in destination.ports.items():
            if name == port.name and port.protocol in ("", protocol):
                total = p.union(total, p.ports(protocol, number))
    return total


def named(pattern: str, host: str, many_labels: bool) -> bool:
    """Whether a host name fits a pattern.

    `*` in a pattern of GKE stands for part of one label; `*.` in front of a domain name of the
    Network Policy API for one or more whole labels. Sources: GKE documentation, FQDN network
    policies; Network Policy API v1alpha2, DomainName.
    """
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if many_labels:
        if pattern.startswith("*."):
            return host.endswith(pattern[1:]) and host != pattern[2:]
        return host == pattern
    first, *others = (re.escape(part) for part in pattern.split("*"))
    if not others:
        return host == pattern
    # The first place of each part is taken and kept, which keeps the time linear.
    middle = "".join(f"(?>[-_a-z0-9]*?{part})" for part in others[:-1])
    return re.fullmatch(f"{first}{middle}[-_a-z0-9]*{others[-1]}", host) is not None
