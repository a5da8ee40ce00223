"""Service and its older companion Endpoints.

Node ports are compared with the range that a server has by default. The range of cluster addresses
and the address families belong to the cluster and are not judged here.
"""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import labels, syntax
from stackgen.schema.native.containers import PROTOCOLS
from stackgen.schema.native.report import Report, show

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_DISTRIBUTIONS = ("PreferClose", "PreferSameNode", "PreferSameZone")
_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_PATH: Path = ("spec",)
# What kube-apiserver allocates unless --service-node-port-range says otherwise.
_NODE_PORTS = range(30000, 32768)


def check_service(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    kind = spec.get("type") or "ClusterIP"
    report.enum((*_PATH, "type"), kind, _TYPES)
    headless = spec.get("clusterIP") == "None" or (spec.get("clusterIPs") or ("",))[0] == "None"
    ports = spec.get("ports") or []
    if not ports and not headless and kind != "ExternalName":
        report.required((*_PATH, "ports"))
    _check_ports(ports, kind, report)
    if spec.get("selector"):
        labels.check_labels(spec["selector"], (*_PATH, "selector"), report)
    if kind == "ExternalName":
        _check_external_name(spec, report)
    if headless and kind in ("LoadBalancer", "NodePort"):
        report.wrong((*_PATH, "clusterIP"), f"a {kind} service cannot be headless")
    _check_affinity(spec, report)
    _check_addresses(spec, report)
    _check_external_ips(spec, report)
    _check_traffic(spec, kind, report)
    _check_load_balancer(data, spec, kind, report)


def _check_ports(ports: list[dict[str, Any]], kind: str, report: Report) -> None:
    names: set[str] = set()
    numbers: set[tuple[str, int]] = set()
    for i, port in enumerate(ports):
        where = (*_PATH, "ports", i)
        name, number = port.get("name", ""), port.get("port", 0)
        protocol = _protocol(port)
        if not name and len(ports) > 1:
            report.required((*where, "name"), "a service with several ports names each")
        elif name and syntax.dns_label(name):
            report.name((*where, "name"), name, syntax.dns_label(name))
        elif name and name in names:
            report.duplicate((*where, "name"), name, "port name")
        names.add(name)
        if syntax.port_number(number):
            report.range((*where, "port"), number, syntax.port_number(number))
        report.enum((*where, "protocol"), protocol, PROTOCOLS)
        if (protocol, number) in numbers:
            report.duplicate(where, f"{protocol} {number}", "pair of protocol and port")
        numbers.add((protocol, number))
        _check_target(port.get("targetPort"), (*where, "targetPort"), report)
        app = port.get("appProtocol")
        if app is not None and syntax.qualified_name(app):
            report.name((*where, "appProtocol"), app, syntax.qualified_name(app))
        _check_node_port(port, kind, ports[:i], where, report)


def _check_target(target: Any, path: Path, report: Report) -> None:
    if target in (None, 0, ""):
        return
    if isinstance(target, str):
        report.syntax(path, target, syntax.port_name(target))
    elif syntax.port_number(target):
        report.range(path, target, syntax.port_number(target))


def _check_node_port(
    port: dict[str, Any], kind: str, earlier: list[dict[str, Any]], path: Path, report: Report
) -> None:
    """One node port serves one port, under several protocols if need be."""
    number, where = port.get("nodePort", 0), (*path, "nodePort")
    if not number:
        return
    if kind in ("ClusterIP", "ExternalName"):
        report.wrong(where, f"not for services of type {kind}")
    elif number not in _NODE_PORTS:
        report.range(where, number, _node_port_range())
    elif any(
        other.get("nodePort") == number
        and (other.get("port") != port.get("port") or _protocol(other) == _protocol(port))
        for other in earlier
    ):
        report.duplicate(where, number, "node port")


def _protocol(port: dict[str, Any]) -> str:
    return port.get("protocol") or "TCP"


def _node_port_range() -> str:
    first, last = _NODE_PORTS[0], _NODE_PORTS[-1]
    return f"between {first} and {last}, the default of --service-node-port-range"


def _check_external_name(spec: dict[str, Any], report: Report) -> None:
    name = spec.get("externalName", "").removesuffix(".")
    if not name:
        report.required((*_PATH, "externalName"), "type ExternalName points to it")
    elif syntax.dns_subdomain(name):
        report.name((*_PATH, "externalName"), name, syntax.dns_subdomain(name))
    for field in ("clusterIP", "clusterIPs"):
        if spec.get(field):
            report.wrong((*_PATH, field), "not for services of type ExternalName")
            break


def _check_affinity(spec: dict[str, Any], report: Report) -> None:
    affinity = spec.get("sessionAffinity") or "None"
    config, where = spec.get("sessionAffinityConfig"), (*_PATH, "sessionAffinityConfig")
    if affinity not in ("ClientIP", "None"):
        report.enum((*_PATH, "sessionAffinity"), affinity, ("ClientIP", "None"))
    elif affinity == "ClientIP" and config is not None and "clientIP" in config:
        seconds = config["clientIP"].get("timeoutSeconds", 10800)
        if not 1 <= seconds <= 86400:
            report.range((*where, "clientIP", "timeoutSeconds"), seconds, "between 1 and 86400")


def _check_addresses(spec: dict[str, Any], report: Report) -> None:
    """clusterIP, clusterIPs and the address families."""
    if spec.get("type") == "ExternalName":
        for field, none in (("ipFamilies", []), ("ipFamilyPolicy", None)):
            if spec.get(field, none) != none:
                report.wrong((*_PATH, field), "not for services of type ExternalName")
        return
    first, many = spec.get("clusterIP", ""), spec.get("clusterIPs") or []
    if many and not first:
        report.wrong((*_PATH, "clusterIPs"), "needs clusterIP with the first of these addresses")
    elif many and many[0] != first:
        report.wrong((*_PATH, "clusterIPs", 0), f"must be clusterIP, {show(first)}")
    addresses: list[tuple[str, Path]] = [
        ((*many,)[i], (*_PATH, "clusterIPs", i)) for i in range(len(many))
    ]
    if first and not many:
        addresses = [(first, (*_PATH, "clusterIP"))]
    if len(addresses) > 2:
        report.length((*_PATH, "clusterIPs"), f"{len(addresses)} addresses: at most 2")
    for i, (address, where) in enumerate(addresses):
        if address == "None" and i == 0 and len(addresses) == 1:
            continue
        if syntax.ip(address):
            report.syntax(where, address, f"{syntax.ip(address)}, nor None")
    _check_families(spec, addresses, report)


def _check_families(
    spec: dict[str, Any], addresses: list[tuple[str, Path]], report: Report
) -> None:
    families, policy = spec.get("ipFamilies") or [], spec.get("ipFamilyPolicy")
    where = (*_PATH, "ipFamilies")
    if policy and policy not in _FAMILY_POLICIES:
        report.enum((*_PATH, "ipFamilyPolicy"), policy, _FAMILY_POLICIES)
    if len(families) > 2:
        report.length(where, f"{len(families)} families: at most 2")
    for i, family in enumerate(families):
        if family not in _FAMILIES:
            report.enum((*where, i), family, _FAMILIES)
        elif family in families[:i]:
            report.duplicate((*where, i), family, "family")
    if len(addresses) == 2:
        kinds = [syntax.parse_ip(address) for address, _ in addresses]
        if all(kinds) and kinds[0].version == kinds[1].version:  # type: ignore[union-attr]
            report.wrong(addresses[1][1], "must be of the other address family")
        if policy == "SingleStack":
            report.wrong((*_PATH, "ipFamilyPolicy"), "two addresses need a dual-stack policy")
    for (address, at), family in zip(addresses, families, strict=False):
        parsed = syntax.parse_ip(address)
        if parsed is not None and family in _FAMILIES and family != f"IPv{parsed.version}":
            report.wrong(at, f"{show(address)} is not of the family {family}")


def _check_external_ips(spec: dict[str, Any], report: Report) -> None:
    for i, address in enumerate(spec.get("externalIPs") or ()):
        where = (*_PATH, "externalIPs", i)
        wrong = syntax.ip(address) or special_address(address)
        if wrong:
            report.syntax(where, address, wrong)


def special_address(address: str) -> str:
    """Why a valid address cannot be one that others reach, or ""."""
    parsed = syntax.parse_ip(address)
    if parsed is None:
        return ""
    if parsed.is_unspecified:
        return "stands for no address"
    if parsed.is_loopback:
        return "is a loopback address"
    if parsed.is_link_local:
        return "is a link-local address"
    if parsed.is_multicast and str(parsed).startswith(("224.0.0.", "ff02:")):
        return "is a link-local multicast address"
    return ""


def _check_traffic(spec: dict[str, Any], kind: str, report: Report) -> None:
    external, where = spec.get("externalTrafficPolicy", ""), (*_PATH, "externalTrafficPolicy")
    reachable = kind in ("LoadBalancer", "NodePort") or (
        kind == "ClusterIP" and bool(spec.get("externalIPs"))
    )
    if external:
        if not reachable:
            report.wrong(where, "only for services that are reached from outside the cluster")
        elif external not in ("Cluster", "Local"):
            report.enum(where, external, ("Cluster", "Local"))
    check_port, where = spec.get("healthCheckNodePort", 0), (*_PATH, "healthCheckNodePort")
    if check_port:
        if syntax.port_number(check_port):
            report.range(where, check_port, syntax.port_number(check_port))
        elif kind != "LoadBalancer" or external != "Local":
            message = "only for type LoadBalancer with externalTrafficPolicy Local"
            report.wrong(where, message)
        elif check_port not in _NODE_PORTS:
            report.range(where, check_port, _node_port_range())
        elif any(port.get("nodePort") == check_port for port in spec.get("ports") or ()):
            report.duplicate(where, check_port, "node port")
    internal = spec.get("internalTrafficPolicy")
    if internal is not None and internal not in ("Cluster", "Local"):
        report.enum((*_PATH, "internalTrafficPolicy"), internal, ("Cluster", "Local"))
    distribution = spec.get("trafficDistribution")
    if distribution is not None and distribution not in _DISTRIBUTIONS:
        report.enum((*_PATH, "trafficDistribution"), distribution, _DISTRIBUTIONS)


def _check_load_balancer(
    data: dict[str, Any], spec: dict[str, Any], kind: str, report: Report
) -> None:
    ranges = spec.get("loadBalancerSourceRanges") or []
    where: Path = (*_PATH, "loadBalancerSourceRanges")
    annotation = ((data.get("metadata") or {}).get("annotations") or {}).get(_RANGES)
    places = [(text, (*where, i)) for i, text in enumerate(ranges)]
    if annotation is not None and not ranges:
        where = ("metadata", "annotations", _RANGES)
        places = [(text, where) for text in annotation.strip().split(",") if annotation.strip()]
    if (ranges or annotation is not None) and kind != "LoadBalancer":
        report.wrong(where, "only for services of type LoadBalancer")
    for text, at in places:
        if syntax.cidr(text.strip()):
            report.syntax(at, text, syntax.cidr(text.strip()))
    for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
        if spec.get(field) is not None and kind != "LoadBalancer":
            report.wrong((*_PATH, field), "only for services of type LoadBalancer")
    name = spec.get("loadBalancerClass")
    if name is not None and syntax.qualified_name(name):
        report.name((*_PATH, "loadBalancerClass"), name, syntax.qualified_name(name))


def check_endpoints(data: dict[str, Any], report: Report) -> None:
    for i, subset in enumerate(data.get("subsets") or ()):
        where = ("subsets", i)
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            report.required((*where, "addresses"), "addresses or notReadyAddresses")
        for field in ("addresses", "notReadyAddresses"):
            for j, address in enumerate(subset.get(field) or ()):
                value = address.get("ip", "")
                wrong = syntax.ip(value) or special_address(value)
                if wrong:
                    report.syntax((*where, field, j, "ip"), value, wrong)
                host, node = address.get("hostname", ""), address.get("nodeName")
                if host and syntax.dns_label(host):
                    report.name((*where, field, j, "hostname"), host, syntax.dns_label(host))
                if node is not None and syntax.dns_subdomain(node):
                    report.name((*where, field, j, "nodeName"), node, syntax.dns_subdomain(node))
        ports = subset.get("ports") or ()
        for j, port in enumerate(ports):
            at, name = (*where, "ports", j), port.get("name", "")
            if not name and len(ports) > 1:
                report.required((*at, "name"))
            elif name and syntax.dns_label(name):
                report.name((*at, "name"), name, syntax.dns_label(name))
            if syntax.port_number(port.get("port", 0)):
                report.range((*at, "port"), port.get("port", 0), "between 1 and 65535")
            if (port.get("protocol") or "TCP") not in PROTOCOLS:
                report.enum((*at, "protocol"), port["protocol"], PROTOCOLS)
            app = port.get("appProtocol")
            if app is not None and syntax.qualified_name(app):
                report.name((*at, "appProtocol"), app, syntax.qualified_name(app))
