"""The rules that would open what is closed, as YAML that can be copied."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.checks.network.closed import Answer
from stackgen.checks.network.unseen import API_SERVER, PROXIES
from stackgen.facts.shape import as_dict
from stackgen.net import ports as p
from stackgen.net.addresses import Addresses
from stackgen.net.model import Endpoint, External, Host, Pod
from stackgen.net.policies import PEERS, Direction
from stackgen.net.ports import PROTOCOLS, Ports
from stackgen.net.selectors import NAME_LABEL

FEW = 2  # blocks of addresses, before a range stands for them
# What a user has to fill in, by the name of the end.
_RANGES = {API_SERVER: "ADDRESS-OF-THE-API-SERVER", PROXIES: "PROXY-ONLY-SUBNET"}
SHOWN = 3  # rules, before the rest is left to the message


def remedy(found: list[Answer]) -> str:
    """What to add so that every need of one direction of a Pod is open."""
    first = found[0].need
    rules = list(dict.fromkeys(
        _rule(first.direction, first.pod, one.need.ways[0].others, one.need.ports) for one in found
    ))  # fmt: skip
    shown = ", ".join(rules[:SHOWN])
    more = f", and {len(rules) - SHOWN} more for the other peers" if len(rules) > SHOWN else ""
    chosen = _labels(labels_of_workload(first.pod))
    return (
        f"Add to `spec.{first.direction}` of a NetworkPolicy in {first.pod.namespace} with "
        f"podSelector {chosen}: `[{shown}]`{more}."
    )


def _rule(direction: Direction, pod: Pod, others: Iterable[Endpoint], ports: Ports) -> str:
    peers = list(dict.fromkeys(_peer(pod, other) for other in others))
    shown = f"{PEERS[direction]}: [{', '.join(peers[:SHOWN])}]" if peers else ""
    listed = ", ".join(_ports(ports)) if ports != p.ALL else ""
    both = [part for part in (shown, f"ports: [{listed}]" if listed else "") if part]
    return "{" + ", ".join(both) + "}"


def _peer(pod: Pod, other: Endpoint) -> str:
    if isinstance(other, Pod):
        parts = []
        if other.namespace != pod.namespace:
            space = other.namespace or "NAMESPACE"
            parts.append(f"namespaceSelector: {_labels({NAME_LABEL: space})}")
        labels = labels_of_workload(other)
        if labels or not parts:
            parts.append(f"podSelector: {_labels(labels)}")
        return "{" + ", ".join(parts) + "}"
    if isinstance(other, (External, Host)):
        blocks = list(_cidrs(other.addresses))
        if len(blocks) <= FEW and blocks:
            return ", ".join(f"{{ipBlock: {{cidr: {block}}}}}" for block in blocks)
        return f"{{ipBlock: {{cidr: {_RANGES.get(other.name, '0.0.0.0/0')}}}}}"
    return "{ipBlock: {cidr: NODES}}"


def _cidrs(addresses: Addresses) -> Iterator[str]:
    for low, high in addresses.v4:
        ends = ipaddress.IPv4Address(low), ipaddress.IPv4Address(high)
        yield from map(str, ipaddress.summarize_address_range(*ends))


def labels_of_workload(pod: Pod) -> Mapping[str, Any]:
    """The labels by which the workload finds its Pods; else all that they have."""
    if pod.resource is not None:
        chosen = as_dict(as_dict(pod.resource.get("spec", "selector")).get("matchLabels"))
        if chosen and chosen.items() <= pod.labels.items():
            return chosen
    return dict(sorted(pod.labels.items()))


def _labels(labels: Mapping[str, Any]) -> str:
    if not labels:
        return "{}"
    return "{matchLabels: {" + ", ".join(f"{k}: {v}" for k, v in labels.items()) + "}}"


def _ports(ports: Ports) -> Iterator[str]:
    for protocol in PROTOCOLS:
        for low, high in ports.of(protocol):
            end = f", endPort: {high}" if high != low else ""
            kind = f"protocol: {protocol}, " if protocol != "TCP" else ""
            yield f"{{{kind}port: {low}{end}}}"
