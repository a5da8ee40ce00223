"""A second reading of the semantics, by hand, over single packets: slow, and plain to check.

It knows nothing of the evaluator: policies are the plain objects, a packet has one protocol, one
port and one address. Only what is certain is asked of it.
"""

from __future__ import annotations

import ipaddress
from typing import Any

Obj = dict[str, Any]


def selects(selector: Obj | None, labels: dict[str, str]) -> bool:
    selector = selector or {}
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for e in selector.get("matchExpressions") or []:
        there = e["key"] in labels
        if e["operator"] == "In" and not (there and labels[e["key"]] in e["values"]):
            return False
        if e["operator"] == "NotIn" and there and labels[e["key"]] in e["values"]:
            return False
        if e["operator"] == "Exists" and not there:
            return False
        if e["operator"] == "DoesNotExist" and there:
            return False
    return True


class Brute:
    """namespaces: labels by name. Ends are pods `{ns, labels, ports, ip}` or `{ip}` alone."""

    def __init__(self, namespaces: dict[str, dict[str, str]], objects: list[Obj], ips: bool):
        self.namespaces = {
            name: {**labels, "kubernetes.io/metadata.name": name}
            for name, labels in namespaces.items()
        }
        self.objects = objects
        self.pods_by_ip = ips

    def packet(self, src: Obj, dst: Obj, protocol: str, port: int) -> bool:
        out = "ns" not in src or self.one_way("egress", src, dst, dst, protocol, port)
        into = "ns" not in dst or self.one_way("ingress", dst, src, dst, protocol, port)
        return out and into

    def one_way(self, way: str, own: Obj, other: Obj, dst: Obj, protocol: str, port: int) -> bool:
        def tier(name: str) -> str:
            wide = [o for o in self.objects if _tier(o) == name and self.acts_on(o, own)]
            for o in sorted(wide, key=lambda o: int(o["spec"].get("priority", 0))):
                for rule in o["spec"].get(way) or []:
                    if self.wide_rule(rule, way, other, dst, protocol, port):
                        return str(rule["action"])
            return "none"

        admin = tier("admin")
        if admin in ("Allow", "Accept"):
            return True
        if admin == "Deny":
            return False
        closing = [
            o for o in self.objects
            if o["kind"] == "NetworkPolicy"
            and o["metadata"]["namespace"] == own["ns"]
            and selects(o["spec"].get("podSelector"), own["labels"])
            and way.capitalize() in _types(o["spec"])
        ]  # fmt: skip
        if closing:
            return any(
                self.rule(r, o["metadata"]["namespace"], way, other, dst, protocol, port)
                for o in closing
                for r in o["spec"].get(way) or []
            )
        return tier("baseline") != "Deny"

    def rule(
        self, rule: Obj, ns: str, way: str, other: Obj, dst: Obj, protocol: str, port: int
    ) -> bool:
        peers = rule.get("from" if way == "ingress" else "to") or []
        ports = rule.get("ports") or []
        return (not peers or any(self.peer(p, ns, other) for p in peers)) and (
            not ports or any(_port(p, dst, protocol, port) for p in ports)
        )

    def peer(self, peer: Obj, ns: str, other: Obj) -> bool:
        if "ipBlock" in peer:
            if "ns" in other and not self.pods_by_ip:
                return False
            address = ipaddress.ip_address(other["ip"])
            block = peer["ipBlock"]
            return address in ipaddress.ip_network(block["cidr"]) and not any(
                address in ipaddress.ip_network(e) for e in block.get("except") or []
            )
        if "ns" not in other:
            return False
        if "namespaceSelector" in peer:
            if not selects(peer["namespaceSelector"], self.namespaces[other["ns"]]):
                return False
        elif other["ns"] != ns:
            return False
        return selects(peer.get("podSelector"), other["labels"])

    def acts_on(self, policy: Obj, pod: Obj) -> bool:
        return self.wide_peer(policy["spec"]["subject"], pod)

    def wide_peer(self, peer: Obj, other: Obj) -> bool:
        if "networks" in peer:
            if "ns" in other and not self.pods_by_ip:
                return False
            address = ipaddress.ip_address(other["ip"])
            return any(address in ipaddress.ip_network(n) for n in peer["networks"])
        if "ns" not in other:
            return False
        labels = self.namespaces[other["ns"]]
        if "namespaces" in peer:
            return selects(peer["namespaces"], labels)
        pods = peer["pods"]
        return selects(pods.get("namespaceSelector"), labels) and selects(
            pods.get("podSelector"), other["labels"]
        )

    def wide_rule(
        self, rule: Obj, way: str, other: Obj, dst: Obj, protocol: str, port: int
    ) -> bool:
        if not any(self.wide_peer(p, other) for p in rule["from" if way == "ingress" else "to"]):
            return False
        ports = rule.get("ports") or []
        return not ports or any(_wide_port(p, dst, protocol, port) for p in ports)


def _tier(o: Obj) -> str:
    return {"AdminNetworkPolicy": "admin", "BaselineAdminNetworkPolicy": "baseline"}.get(
        o["kind"], ""
    )


def _types(spec: Obj) -> list[str]:
    if spec.get("policyTypes"):
        return list(spec["policyTypes"])
    return ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _port(p: Obj, dst: Obj, protocol: str, port: int) -> bool:
    if p.get("protocol", "TCP") != protocol:
        return False
    if "port" not in p:
        return True
    if isinstance(p["port"], str):
        return bool(dst.get("ports", {}).get((protocol, p["port"])) == port)
    return bool(p["port"] <= port <= p["endPort"]) if "endPort" in p else bool(p["port"] == port)


def _wide_port(p: Obj, dst: Obj, protocol: str, port: int) -> bool:
    if "portNumber" in p:
        number = p["portNumber"]
        return bool(number["protocol"] == protocol and number["port"] == port)
    if "portRange" in p:
        span = p["portRange"]
        return bool(span["protocol"] == protocol and span["start"] <= port <= span["end"])
    named = dst.get("ports", {}).get((protocol, p["namedPort"]))
    return bool(named == port)
