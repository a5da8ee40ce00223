"""Which connections policies of manifests open beside those of the stack, and to whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.facts.workloads import Container, Workload
from stackgen.manifest.resource import Bundle, Resource

_NAMESPACE = "kubernetes.io/metadata.name"
_GATEWAY = "gateway.networking.k8s.io/gateway-name"
DECLARED = re.compile(r"allow-declared-(?P<number>[0-9]{1,4})-(?P<way>egress|ingress)")
_WAYS = {"egress": "to", "ingress": "from"}


def network(bundle: Bundle) -> dict[str, Any]:
    """`spec.network`: whether all other traffic is denied, and what is declared."""
    policies = list(bundle.of_kind("NetworkPolicy", "networking.k8s.io"))
    if not policies:
        return {"defaultDeny": False}
    found: dict[int, dict[str, Any]] = {}
    for policy in policies:
        named = DECLARED.fullmatch(policy.name)
        if named and (made := _allowed(bundle, policy, named["way"])):
            found.setdefault(int(named["number"]), made)
    return {"allow": [found[number] for number in sorted(found)]} if found else {}


def _allowed(bundle: Bundle, policy: Resource, way: str) -> dict[str, Any]:
    """One connection; empty for a policy that says more than one."""
    for peers, ports in _rules(policy, way):
        own, other = _own(bundle, policy), [end(bundle, peer) for peer in peers]
        numbers = [as_dict(one).get("port") for one in ports]
        protocols = {as_dict(one).get("protocol", "TCP") for one in ports}
        if not own or len(other) != 1 or not other[0] or len(protocols) != 1:
            return {}
        ends = {"from": own, "to": other[0]} if way == "egress" else {"from": other[0], "to": own}
        reason = f"NetworkPolicy {policy.name} allows it"
        made = {**ends, "ports": numbers, "reason": reason}
        return made | ({} if protocols == {"TCP"} else {"protocol": protocols.pop()})
    return {}


def _rules(policy: Resource, way: str) -> Iterator[tuple[list[Any], list[Any]]]:
    for _, rule in maps(policy.get("spec", way)):
        yield as_list(rule.get(_WAYS[way])), as_list(rule.get("ports"))


def _own(bundle: Bundle, policy: Resource) -> str:
    """The Pods of the stack that a policy selects, by their word in the spec."""
    labels = as_dict(policy.get("spec", "podSelector", "matchLabels"))
    return _word(bundle, labels)


def _word(bundle: Bundle, labels: dict[str, Any]) -> str:
    if _GATEWAY in labels:
        return "gateway"
    for name, word in (("allow-vllm-egress", "models"), ("allow-metrics-from-epp", "schedulers")):
        for policy in bundle.of_kind("NetworkPolicy", "networking.k8s.io"):
            if policy.name == name and policy.get("spec", "podSelector", "matchLabels") == labels:
                return word
    return ""


def end(bundle: Bundle, peer: Any) -> str:
    """A peer of a policy as the spec writes it; empty for one that it cannot say."""
    block, space = as_dict(as_dict(peer).get("ipBlock")), _space(peer)
    labels = as_dict(as_dict(as_dict(peer).get("podSelector")).get("matchLabels"))
    if isinstance(block.get("cidr"), str) and "except" not in block:
        return str(block["cidr"])
    if not space:
        return ""
    if word := _word(bundle, labels):
        return word
    pairs = ",".join(f"{key}={value}" for key, value in labels.items())
    return f"{space}/{pairs or '*'}"


def _space(peer: Any) -> str:
    selector = as_dict(as_dict(peer).get("namespaceSelector"))
    return str(as_dict(selector.get("matchLabels")).get(_NAMESPACE) or "")


def space_of_metrics(bundle: Bundle) -> str:
    """The namespace whose Pods policies let read the metrics of model servers; empty for none."""
    for policy in bundle.of_kind("NetworkPolicy", "networking.k8s.io"):
        if policy.name == "allow-metrics-from-vllm":
            for peers, _ in _rules(policy, "ingress"):
                return _space(peers[0]) if peers else ""
    return ""


def traces(bundle: Bundle, served: Sequence[tuple[Workload, Container]]) -> dict[str, Any]:
    """`spec.observe.traces`, as model servers are told; empty for none."""
    for workload, container in served:
        told = as_dict(workload.resource.get("spec", "tracing"))
        where = told.get("exporterEndpoint") or _value(container, "OTEL_EXPORTER_OTLP_ENDPOINT")
        share = told.get("samplerArg") or _value(container, "OTEL_TRACES_SAMPLER_ARG")
        percent = (number(share) or 0) * 100
        if isinstance(where, str):
            to = _collector(bundle)
            made = {"endpoint": where, **({"collector": to} if to else {})}
            return made | ({"percent": round(percent, 4)} if share is not None else {})
    return {}


def _value(container: Container, name: str) -> Any:
    path = container.env.get(name)
    return container.resource.get(*path, "value") if path else None


def _collector(bundle: Bundle) -> str:
    """Where traces go, as policies let Pods send them; empty for none."""
    for policy in bundle.of_kind("NetworkPolicy", "networking.k8s.io"):
        if policy.name == "allow-traces-models-egress":
            for peers, _ in _rules(policy, "egress"):
                return end(bundle, peers[0]) if peers else ""
    return ""
