"""Policies of every API read into one form: rules with peers, ports and an action, by tier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from stackgen.facts.shape import text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.addresses import EVERYWHERE, NOWHERE, Addresses, network, networks
from stackgen.net.selectors import EVERYTHING, NAME_LABEL, Selector, selector
from stackgen.record import record

Direction = Literal["ingress", "egress"]
DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")
Tier = Literal["admin", "network", "baseline"]
Action = Literal["allow", "deny", "pass"]

PEERS: dict[Direction, str] = {"ingress": "from", "egress": "to"}
_ACTIONS: dict[str, Action] = {"Allow": "allow", "Accept": "allow", "Deny": "deny", "Pass": "pass"}


@record
class Peer:
    """One element of `from` or `to`; its parts must all hold.

    namespaces None with pods: the policy's own namespace. block: addresses; with `pods_too` they
    are compared with Pods' addresses in every reading. nodes: a selector of nodes; their labels
    are not known. A peer with nothing set matches nothing.
    """

    pods: Selector | None = None
    namespaces: Selector | None = None
    block: Addresses | None = None
    pods_too: bool = False
    hosts: tuple[str, ...] = ()
    many_labels: bool = False
    nodes: bool = False


@record
class Port:
    """Ports of one protocol: a range, or the number that a name stands for at the destination.

    protocol "": whichever protocol the destination gives the name.
    """

    protocol: str
    low: int = 1
    high: int = 65535
    name: str = ""


@record(eq=False)
class PolicyRule:
    """One rule. peers or ports None: not restricted. path: its place in the object."""

    index: int
    path: Path
    peers: tuple[Peer, ...] | None
    ports: tuple[Port, ...] | None
    action: Action = "allow"


@record(eq=False)
class Policy:
    """A policy. isolates: the directions it closes for its Pods (tier `network` alone).

    namespace: its own, empty for cluster-wide ones. subject: the Pods it acts on.
    """

    resource: Resource
    tier: Tier
    namespace: str
    subject: Peer
    priority: int = 0
    isolates: frozenset[Direction] = frozenset()
    ingress: tuple[PolicyRule, ...] = ()
    egress: tuple[PolicyRule, ...] = ()
    listed: frozenset[str] | None = field(default=None)

    def rules(self, direction: Direction) -> tuple[PolicyRule, ...]:
        """The rules of one direction, those that count nothing included."""
        return self.ingress if direction == "ingress" else self.egress

    @property
    def name(self) -> str:
        """What messages call it: its name, its kind in front unless it is a NetworkPolicy."""
        kind = self.resource.kind
        return self.resource.name if kind == "NetworkPolicy" else f"{kind} {self.resource.name}"


def policies_of(resources: Iterable[Resource]) -> list[Policy]:
    """Every policy among `resources` whose API is known, in order."""
    found = []
    for resource in resources:
        reader = _READERS.get((resource.group, resource.kind))
        if reader is not None:
            found.append(resource.once(reader))
    return found


def _maps(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    for i, item in enumerate(value if isinstance(value, list) else ()):
        yield i, item if isinstance(item, dict) else {}


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# -- NetworkPolicy ---------------------------------------------------------------------------


def _network_policy(resource: Resource) -> Policy:
    spec = _map(resource.get("spec"))
    types = _listed(spec.get("policyTypes"))
    isolates: set[Direction] = {d for d in DIRECTIONS if d.capitalize() in types}
    if not types:
        isolates = {"ingress", "egress"} if _listed(spec.get("egress")) else {"ingress"}
    namespace = resource.namespace or "default"
    return Policy(
        resource, "network", namespace,
        Peer(pods=selector(spec.get("podSelector"))),
        isolates=frozenset(isolates),
        ingress=_np_rules(spec, "ingress"),
        egress=_np_rules(spec, "egress"),
        listed=frozenset(map(str, types)) if types else None,
    )  # fmt: skip


def _np_rules(spec: dict[str, Any], direction: Direction) -> tuple[PolicyRule, ...]:
    rules = []
    for i, rule in _maps(spec.get(direction)):
        peers = [_np_peer(p) for _, p in _maps(rule.get(PEERS[direction]))]
        ports = [p for _, data in _maps(rule.get("ports")) for p in _np_port(data)]
        rules.append(PolicyRule(
            i, ("spec", direction, i),
            tuple(peers) or None,
            tuple(ports) if _listed(rule.get("ports")) else None,
        ))  # fmt: skip
    return tuple(rules)


def _np_peer(data: dict[str, Any]) -> Peer:
    block = data.get("ipBlock")
    if isinstance(block, dict):
        whole = network(block.get("cidr")) or NOWHERE
        return Peer(block=whole - networks(_listed(block.get("except"))))
    pods, spaces = data.get("podSelector"), data.get("namespaceSelector")
    return Peer(
        pods=selector(pods) if isinstance(pods, dict) else None,
        namespaces=selector(spaces) if isinstance(spaces, dict) else None,
    )


def _np_port(data: dict[str, Any]) -> Iterator[Port]:
    protocol = data.get("protocol")
    protocol = protocol if isinstance(protocol, str) else "TCP"
    port, end = data.get("port"), data.get("endPort")
    if port is None:
        yield Port(protocol)
    elif isinstance(port, str):
        yield Port(protocol, name=port)
    elif isinstance(port, int):
        yield Port(protocol, port, end if isinstance(end, int) else port)


# -- FQDNNetworkPolicy -----------------------------------------------------------------------


def _fqdn_policy(resource: Resource) -> Policy:
    """Its rules add to those of NetworkPolicies; whether it closes egress by itself, too."""
    rules = []
    for i, rule in _maps(resource.get("spec", "egress")):
        hosts = [
            h for _, m in _maps(rule.get("matches")) for h in (m.get("name"), m.get("pattern"))
        ]
        ports = [p for _, data in _maps(rule.get("ports")) for p in _np_port(data)]
        rules.append(PolicyRule(
            i, ("spec", "egress", i),
            (Peer(hosts=tuple(h for h in hosts if isinstance(h, str))),),
            tuple(ports) if _listed(rule.get("ports")) else None,
        ))  # fmt: skip
    return Policy(
        resource, "network", resource.namespace or "default",
        Peer(pods=selector(resource.get("spec", "podSelector"))),
        isolates=frozenset({"egress"}), egress=tuple(rules), listed=frozenset({"Egress"}),
    )  # fmt: skip


# -- policies of the whole cluster -----------------------------------------------------------


def _cluster_policy(resource: Resource) -> Policy:
    spec = _map(resource.get("spec"))
    new = resource.kind == "ClusterNetworkPolicy"
    tier: Tier = "baseline" if resource.kind == "BaselineAdminNetworkPolicy" else "admin"
    if new and spec.get("tier") == "Baseline":
        tier = "baseline"
    priority = spec.get("priority")
    return Policy(
        resource, tier, "", _wide_peer(_map(spec.get("subject")), new),
        priority=priority if isinstance(priority, int) else 0,
        ingress=_wide_rules(spec, "ingress", new),
        egress=_wide_rules(spec, "egress", new),
    )  # fmt: skip


def _wide_rules(spec: dict[str, Any], direction: Direction, new: bool) -> tuple[PolicyRule, ...]:
    rules = []
    for i, rule in _maps(spec.get(direction)):
        action = _ACTIONS.get(str(rule.get("action")))
        if action is None:
            continue
        peers = [_wide_peer(p, new) for _, p in _maps(rule.get(PEERS[direction]))]
        data = rule.get("protocols" if new else "ports")
        ports = [p for _, d in _maps(data) for p in (_protocol(d) if new else _wide_port(d))]
        rules.append(PolicyRule(
            i, ("spec", direction, i), tuple(peers), tuple(ports) if _listed(data) else None, action
        ))  # fmt: skip
    return tuple(rules)


def _wide_peer(data: dict[str, Any], new: bool) -> Peer:
    if isinstance(data.get("namespaces"), dict):
        return Peer(pods=EVERYTHING, namespaces=selector(data["namespaces"]))
    if isinstance(data.get("pods"), dict):
        pods = data["pods"]
        return Peer(selector(pods.get("podSelector")), selector(pods.get("namespaceSelector")))
    if isinstance(data.get("networks"), list):
        # v1alpha2 says that Pods inside the range are meant as well.
        return Peer(block=networks(data["networks"]), pods_too=new)
    names = _listed(data.get("domainNames"))
    if names:
        return Peer(hosts=tuple(n for n in names if isinstance(n, str)), many_labels=True)
    return Peer(nodes=isinstance(data.get("nodes"), dict))


def _wide_port(data: dict[str, Any]) -> Iterator[Port]:
    number, span = _map(data.get("portNumber")), _map(data.get("portRange"))
    if isinstance(number.get("port"), int):
        yield Port(str(number.get("protocol", "TCP")), number["port"], number["port"])
    elif isinstance(span.get("start"), int) and isinstance(span.get("end"), int):
        yield Port(str(span.get("protocol", "TCP")), span["start"], span["end"])
    elif isinstance(data.get("namedPort"), str):
        yield Port("", name=data["namedPort"])


def _protocol(data: dict[str, Any]) -> Iterator[Port]:
    if isinstance(data.get("destinationNamedPort"), str):
        yield Port("", name=data["destinationNamedPort"])
    for protocol in ("tcp", "udp", "sctp"):
        if not isinstance(data.get(protocol), dict):
            continue
        port = _map(data[protocol].get("destinationPort"))
        span = _map(port.get("range"))
        if isinstance(port.get("number"), int):
            yield Port(protocol.upper(), port["number"], port["number"])
        elif isinstance(span.get("start"), int) and isinstance(span.get("end"), int):
            yield Port(protocol.upper(), span["start"], span["end"])
        elif not port:
            yield Port(protocol.upper())


# -- Cilium ----------------------------------------------------------------------------------
#
# Deny rules and rules for HTTP are not read: what they deny counts as allowed.
# Source: Cilium 1.18 documentation, Layer 3 and Layer 4 policies. As of 2026-11-30.

# Labels of endpoints that stand for the namespace, with or without a source in front.
_SPACE = "io.kubernetes.pod.namespace"
_CLUSTER = "io.cilium.k8s.policy.cluster"
_SPACE_LABEL = "io.cilium.k8s.namespace.labels."
_API_SERVER = tuple(Port("TCP", port, port) for port in (443, 6443))
_OUTSIDE, _NODES = Peer(block=EVERYWHERE), Peer(nodes=True)
_EVERY_POD = Peer(pods=EVERYTHING, namespaces=EVERYTHING)
_ENTITIES = {
    "all": (_EVERY_POD, _OUTSIDE, _NODES),
    "cluster": (_EVERY_POD, _NODES),
    "world": (_OUTSIDE,),
    "world-ipv4": (_OUTSIDE,),
    "world-ipv6": (_OUTSIDE,),
    "host": (_NODES,),
    "remote-node": (_NODES,),
    "init": (_EVERY_POD,),
    "unmanaged": (_EVERY_POD,),
    "health": (_NODES,),
    "ingress": (_EVERY_POD, _NODES),
}


def _cilium_policy(resource: Resource) -> Policy:
    """A CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy with one `spec`."""
    spec = _map(resource.get("spec"))
    wide = resource.kind == "CiliumClusterwideNetworkPolicy"
    closes = _map(spec.get("enableDefaultDeny"))
    isolates: frozenset[Direction] = frozenset(
        d
        for d in DIRECTIONS
        if _listed(spec.get(d)) + _listed(spec.get(f"{d}Deny")) and closes.get(d) is not False
    )
    subject = _cilium_pods(spec.get("endpointSelector"), wide)
    return Policy(
        resource, "network", "" if wide else resource.namespace or "default",
        subject if isinstance(spec.get("endpointSelector"), dict) else Peer(),
        isolates=isolates,
        ingress=_cilium_rules(spec, "ingress", "from", wide),
        egress=_cilium_rules(spec, "egress", "to", wide),
    )  # fmt: skip


def _cilium_rules(
    spec: Mapping[str, Any], direction: Direction, word: str, wide: bool
) -> tuple[PolicyRule, ...]:
    found = []
    for i, rule in _maps(spec.get(direction)):
        peers = tuple(_cilium_peers(rule, word, wide))
        named = any(key.startswith(word) and key != "toPorts" for key in rule)
        ports = tuple(p for _, one in _maps(rule.get("toPorts")) for p in _cilium_ports(one))
        if not ports and _listed(rule.get(f"{word}Entities")) == ["kube-apiserver"]:
            ports = _API_SERVER
        any_peer = not named and bool(rule)  # an empty rule allows nothing
        found.append(
            PolicyRule(i, ("spec", direction, i), None if any_peer else peers, ports or None)
        )
    return tuple(found)


def _cilium_peers(rule: Mapping[str, Any], word: str, wide: bool) -> Iterator[Peer]:
    for _, one in _maps(rule.get(f"{word}Endpoints")):
        yield _cilium_pods(one, wide)
    for entity in _listed(rule.get(f"{word}Entities")):
        yield from _ENTITIES.get(text(entity), (_OUTSIDE,))
    cidrs = _listed(rule.get(f"{word}CIDR"))
    if cidrs:
        yield Peer(block=networks(cidrs))
    for _, one in _maps(rule.get(f"{word}CIDRSet")):
        whole = network(one.get("cidr")) or (NOWHERE if "cidr" in one else EVERYWHERE)
        yield Peer(block=whole - networks(_listed(one.get("except"))))
    for _, one in _maps(rule.get("toFQDNs")):
        host = text(one.get("matchName")) or text(one.get("matchPattern"))
        yield Peer(hosts=(host,), many_labels=True)
    for _, one in _maps(rule.get("toServices")):
        yield _EVERY_POD
        # A Service without a selector may have addresses outside, but Cilium leaves this one to
        # the entity kube-apiserver.
        if _map(one.get("k8sService")).get("serviceName") != "kubernetes":
            yield _OUTSIDE
    if f"{word}Groups" in rule:
        yield _OUTSIDE
    if f"{word}Nodes" in rule:
        yield _NODES


def _cilium_pods(data: Any, wide: bool) -> Peer:
    """Pods by their labels as Cilium sees them; of the own namespace, unless it is named."""
    pods: dict[str, Any] = {"matchLabels": {}, "matchExpressions": []}
    spaces: dict[str, Any] = {"matchLabels": {}, "matchExpressions": []}
    for key, value in _map(_map(data).get("matchLabels")).items():
        own, name = _cilium_key(str(key))
        if name == _CLUSTER:
            continue  # Cilium gives it to each Pod of the cluster
        (spaces if own else pods)["matchLabels"][name] = value
    for _, one in _maps(_map(data).get("matchExpressions")):
        own, name = _cilium_key(text(one.get("key")))
        (spaces if own else pods)["matchExpressions"].append({**one, "key": name})
    some = spaces["matchLabels"] or spaces["matchExpressions"]
    return Peer(selector(pods), selector(spaces) if some or wide else None)


def _cilium_key(key: str) -> tuple[bool, str]:
    """Whether a label is one of the namespace, and its name there."""
    name = key.removeprefix("k8s:").removeprefix("k8s.").removeprefix("any:")
    if name == _SPACE:
        return True, NAME_LABEL
    inner = name.removeprefix(_SPACE_LABEL)
    return inner != name, inner


def _cilium_ports(data: Mapping[str, Any]) -> Iterator[Port]:
    for _, one in _maps(data.get("ports")):
        protocol, port = text(one.get("protocol")) or "ANY", str(one.get("port", ""))
        low = int(port) if port.isdecimal() and len(port) < 6 else 0
        end = one.get("endPort")
        for each in ("TCP", "UDP", "SCTP") if protocol == "ANY" else (protocol,):
            if low:
                yield Port(each, low, end if isinstance(end, int) else low)
            else:
                yield Port(each, name=port) if port not in ("", "0") else Port(each)


_READERS = {
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("networking.gke.io", "FQDNNetworkPolicy"): _fqdn_policy,
    ("cilium.io", "CiliumNetworkPolicy"): _cilium_policy,
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): _cilium_policy,
    ("policy.networking.k8s.io", "AdminNetworkPolicy"): _cluster_policy,
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"): _cluster_policy,
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"): _cluster_policy,
}
