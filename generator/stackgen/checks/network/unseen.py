"""The ends of connections that no manifest shows: they exist, and rules may mean them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.checks.network.view import View, fixed_ports
from stackgen.net import addresses as a
from stackgen.net import ports as p
from stackgen.net.evaluate import Net
from stackgen.net.model import Endpoint, External, Host, Pod
from stackgen.net.policies import Direction, Peer, Policy, PolicyRule
from stackgen.net.ports import Ports
from stackgen.net.profile import data
from stackgen.net.workloads import GATEWAY_LABEL
from stackgen.net.world import ANY_POD, internet

# Any Pod of any namespace that is not known; PROXY may have the labels of a Gateway.
STRANGER = Pod("", "unseen", complete=False, role="stranger")
PROXY = Pod("", "unseen", complete=False, role="proxy")
LINK_LOCAL = a.networks(["169.254.0.0/16"])
API_SERVER, PROXIES = "API server", "load balancer"


@cache
def api_server() -> External:
    """Its address is not known. It is no Pod and no Service, so no label selects it.

    Policies see the address behind a Service: an ipBlock with that of the Service matches nothing.
    """
    return External(API_SERVER, a.EVERYWHERE - services())


@cache
def services() -> a.Addresses:
    """Addresses that only Services have."""
    return a.networks(data("platform")["services"]["cidrs"])


@cache
def address(role: str, name: str) -> External:
    """Addresses of Google Cloud, by their role in platform.yaml."""
    return External(name, a.networks(data("platform")["addresses"][role]["cidrs"]))


@cache
def networks_of_the_cluster() -> External:
    """Where the proxies of a regional load balancer and other machines are."""
    return External(PROXIES, a.networks(data("platform")["vpc"]["cidrs"]))


@cache
def hosts(role: str) -> tuple[Host, ...]:
    """Host names outside of the cluster, by their role in platform.yaml."""
    names = data("platform")["hosts"][role]["names"]
    return tuple(Host(name, internet() & a.EVERYWHERE_V4) for name in names)


@cache
def proxy(namespace: str, name: str) -> Pod:
    """The proxies of a Gateway whose controller makes them; their labels are not known."""
    return Pod(namespace, name, "Proxy", complete=False, role="gateway")


class Unseen:
    """What the rules of a bundle may open to Pods that it does not show."""

    def __init__(self, seen: View) -> None:
        self.seen = seen
        self._about: dict[int, bool] = {}
        self._open: dict[tuple[int, Direction], Ports] = {}
        self._opened: dict[tuple[object, ...], Ports] = {}

    def opened(self, net: Net, direction: Direction, pod: Pod, other: Endpoint) -> Ports:
        """The ports that may be open between a Pod of the bundle and any end."""
        if not isinstance(other, Pod) or other.complete or other.resource is not None:
            # Not by the rows of the evaluator: a row has an answer for every end of the world.
            row = (id(pod), direction, net.reading, id(other))
            if row not in self._opened:
                self._opened[row] = net.side(direction, pod, other).possible
            return self._opened[row]
        key = (id(pod), direction, net.reading, other.namespace, other.role)
        if key not in self._opened:
            total = p.NONE
            for policy in net.acting(direction, pod):
                for rule in policy.rules(direction):
                    peers = rule.peers
                    if peers is None or any(self._means(net, policy, x, other) for x in peers):
                        # A named port is one that the unseen Pod may have.
                        named = any(port.name for port in rule.ports or ())
                        ours = direction == "ingress" or not named
                        total = p.union(total, net.matcher.ports(rule, pod) if ours else p.ALL)
            self._opened[key] = total
        return self._opened[key]

    def _means(self, net: Net, policy: Policy, peer: Peer, other: Pod) -> bool:
        """Whether a peer may mean the unseen Pod: not where its labels are those of others."""
        matched = self._matched(net, policy, peer, other)
        if matched is False or peer.pods is None or not peer.pods.requirements:
            return matched is not False
        if other is STRANGER and any(r.key == GATEWAY_LABEL for r in peer.pods.requirements):
            return False
        if id(peer) not in self._about:
            found = self.seen.matching(peer, policy)
            self._about[id(peer)] = any(x.complete for x in found)
        return not self._about[id(peer)]

    def _matched(self, net: Net, policy: Policy, peer: Peer, other: Pod) -> bool | None:
        if peer.block is not None or other not in (STRANGER, PROXY):
            return net.matcher.peer(peer, policy.namespace, other)
        if peer.pods is None and peer.namespaces is None:
            return False
        # Of a namespace that is known, the bundle shows all Pods.
        names = self.seen.namespaces_of(peer, policy)
        return False if names is not None and names <= self.seen.known else None

    def opened_to_any(self, policy: Policy, direction: Direction) -> Ports:
        """What the rules of a policy open in a direction; everything for a named port.

        Rules for link-local addresses, such as those of probes in ambient mode, open nothing.
        """
        key = (id(policy), direction)
        if key not in self._open:
            rules = [rule for rule in policy.rules(direction) if not _is_link_local(rule)]
            named = any(port.name for rule in rules for port in rule.ports or ())
            self._open[key] = p.ALL if named else p.NONE
            for rule in rules if not named else ():
                self._open[key] = p.union(self._open[key], fixed_ports(rule))
        return self._open[key]


def _is_link_local(rule: PolicyRule) -> bool:
    """Whether a rule names link-local addresses only."""
    blocks = [peer.block for peer in rule.peers or ()]
    return bool(blocks) and not any(one is None or one - LINK_LOCAL for one in blocks)


@cache
def dns_servers() -> tuple[tuple[Endpoint, int], ...]:
    """Where names are resolved, each with the port of the server."""
    found: list[tuple[Endpoint, int]] = []
    for row in data("platform")["dns-servers"]:
        found.append((_dns_server(row), row["port"]))
    return tuple(found)


def _dns_server(row: Mapping[str, Any]) -> Endpoint:
    if "cidr" in row:
        return External(row["name"], a.networks([row["cidr"]]))
    ports = dict.fromkeys(row["named"].items(), row["port"])
    return Pod(row["namespace"], row["name"], "Platform", row["labels"], ports)


def ends_of_clusters() -> Mapping[str, Endpoint]:
    """What every cluster has, or one with Istio or GKE, by the name that a user gives it."""
    named: dict[str, Endpoint] = {"api-server": api_server()}
    for row in data("platform")["metadata-servers"][:1]:
        named["metadata-server"] = External("metadata server", a.networks([row["cidr"]]))
    for server, _ in dns_servers():
        if isinstance(server, Pod):
            named[f"{server.namespace}/{server.name}"] = server
    for row in data("platform")["pods"]:
        space = row["namespace"].replace("{istio}", "istio-system")
        if "{" not in space and row["role"] not in ANY_POD:
            pod = Pod(space, row["name"], "Platform", row["labels"])
            named.setdefault(f"{space}/{pod.name}", pod)
    return named
