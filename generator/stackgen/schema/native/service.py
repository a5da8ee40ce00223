"""Service, Endpoints and EndpointSlice.

Node ports are compared with the range that a server has by default. The range of cluster addresses
and the address families belong to the cluster and are not judged here.
"""

from __future__ import annotations

from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native import labels
from stackgen.schema.native.containers import PROTOCOLS
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_DISTRIBUTIONS = ("PreferClose", "PreferSameNode", "PreferSameZone")
_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
# What kube-apiserver allocates unless --service-node-port-range says otherwise.
_NODE_PORTS = range(30000, 32768)


def check_service(data: Fields) -> None:
    spec = data.inner("spec")
    kind = spec.get("type") or "ClusterIP"
    spec.enum("type", _TYPES, empty=True)
    headless = spec.get("clusterIP") == "None" or (spec.get("clusterIPs") or ("",))[0] == "None"
    if not headless and kind != "ExternalName":
        spec.needs("ports")
    _check_ports(spec, kind)
    labels.check_labels(spec.inner("selector"))
    if kind == "ExternalName":
        _check_external_name(spec)
    if headless and kind in ("LoadBalancer", "NodePort"):
        spec.wrong("clusterIP", f"a {kind} service cannot be headless")
    affinity = spec.get("sessionAffinity")
    if spec.enum("sessionAffinity", ("ClientIP", "None"), empty=True) and affinity == "ClientIP":
        spec.inner("sessionAffinityConfig", "clientIP").between("timeoutSeconds", 1, 86400)
    _check_addresses(spec)
    for address, where in spec.values("externalIPs"):
        spec.report.syntax(where, address, syntax.ip(address) or special_address(address))
    _check_traffic(spec, kind)
    _check_load_balancer(data, spec, kind)


def _check_ports(spec: Fields, kind: str) -> None:
    names: set[str] = set()
    numbers: set[tuple[str, int]] = set()
    ports = spec.items("ports")
    for i, port in enumerate(ports):
        number, protocol = port.get("port", 0), _protocol(port)
        if len(ports) > 1:
            port.needs("name", "a service with several ports names each")
        if port.name("name", syntax.dns_label, empty=True):
            port.unique("name", names, "port name")
        names.add(port.get("name", ""))
        port.port("port")
        port.enum("protocol", PROTOCOLS, empty=True)
        if (protocol, number) in numbers:
            pair = f"{protocol} {number}"
            port.report.duplicate(port.path, pair, "pair of protocol and port")
        numbers.add((protocol, number))
        if isinstance(port.get("targetPort"), str):
            port.syntax("targetPort", syntax.port_name, empty=True)
        else:
            port.port("targetPort", empty=True)
        port.name("appProtocol", syntax.qualified_name)
        _check_node_port(port, kind, ports[:i])


def _check_node_port(port: Fields, kind: str, earlier: list[Fields]) -> None:
    """One node port serves one port, under several protocols if need be."""
    number, where = port.get("nodePort", 0), port.at("nodePort")
    if not number:
        return
    if kind in ("ClusterIP", "ExternalName"):
        port.wrong("nodePort", f"not for services of type {kind}")
    elif number not in _NODE_PORTS:
        # A cluster of one's own may have another range.
        message = f"{number} is out of range: must be {_node_port_range()}"
        port.report.add("schema-range", where, message, certain=False)
    elif any(
        other.get("nodePort") == number
        and (other.get("port") != port.get("port") or _protocol(other) == _protocol(port))
        for other in earlier
    ):
        port.report.duplicate(where, number, "node port")


def _protocol(port: Fields) -> str:
    return port.get("protocol") or "TCP"


def _node_port_range() -> str:
    first, last = _NODE_PORTS[0], _NODE_PORTS[-1]
    return f"between {first} and {last}, the default of --service-node-port-range"


def _check_external_name(spec: Fields) -> None:
    name = spec.get("externalName", "").removesuffix(".")
    if not name:
        spec.report.required(spec.at("externalName"), "type ExternalName points to it")
    else:
        spec.report.name(spec.at("externalName"), name, syntax.dns_subdomain(name))
    given = [field for field in ("clusterIP", "clusterIPs") if spec.get(field)]
    spec.unwanted("not for services of type ExternalName", *given[:1])


def _check_addresses(spec: Fields) -> None:
    """clusterIP, clusterIPs and the address families."""
    if spec.get("type") == "ExternalName":
        why = "not for services of type ExternalName"
        spec.unwanted(why, "ipFamilies")
        spec.forbidden(why, "ipFamilyPolicy")
        return
    first, many = spec.get("clusterIP", ""), list(spec.values("clusterIPs"))
    if many and not first:
        spec.wrong("clusterIPs", "needs clusterIP with the first of these addresses")
    elif many and many[0][0] != first:
        spec.report.wrong(many[0][1], f"must be clusterIP, {show(first)}")
    addresses = many or ([(first, spec.at("clusterIP"))] if first else [])
    spec.at_most("clusterIPs", 2, "addresses")
    for address, where in addresses:
        if syntax.ip(address) and (address != "None" or len(addresses) > 1):
            spec.report.syntax(where, address, f"{syntax.ip(address)}, nor None")
    _check_families(spec, addresses)


def _check_families(spec: Fields, addresses: list[tuple[str, Path]]) -> None:
    families = spec.get("ipFamilies") or []
    spec.enum("ipFamilyPolicy", _FAMILY_POLICIES, empty=True)
    spec.at_most("ipFamilies", 2, "families")
    for i, (family, where) in enumerate(spec.values("ipFamilies")):
        spec.report.enum(where, family, _FAMILIES)
        if family in _FAMILIES and family in families[:i]:
            spec.report.duplicate(where, family, "family")
    if len(addresses) == 2:
        kinds = [syntax.parse_ip(address) for address, _ in addresses]
        if all(kinds) and kinds[0].version == kinds[1].version:  # type: ignore[union-attr]
            spec.report.wrong(addresses[1][1], "must be of the other address family")
        if spec.get("ipFamilyPolicy") == "SingleStack":
            spec.wrong("ipFamilyPolicy", "two addresses need a dual-stack policy")
    for (address, at), family in zip(addresses, families, strict=False):
        parsed = syntax.parse_ip(address)
        if parsed is not None and family in _FAMILIES and family != f"IPv{parsed.version}":
            spec.report.wrong(at, f"{show(address)} is not of the family {family}")


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


def _check_traffic(spec: Fields, kind: str) -> None:
    external = spec.get("externalTrafficPolicy", "")
    reachable = kind in ("LoadBalancer", "NodePort") or (
        kind == "ClusterIP" and bool(spec.get("externalIPs"))
    )
    if reachable:
        spec.enum("externalTrafficPolicy", ("Cluster", "Local"), empty=True)
    else:
        why = "only for services that are reached from outside the cluster"
        spec.unwanted(why, "externalTrafficPolicy")
    number, where = spec.get("healthCheckNodePort", 0), spec.at("healthCheckNodePort")
    if number:
        if syntax.port_number(number):
            spec.port("healthCheckNodePort")
        elif kind != "LoadBalancer" or external != "Local":
            message = "only for type LoadBalancer with externalTrafficPolicy Local"
            spec.wrong("healthCheckNodePort", message)
        elif number not in _NODE_PORTS:
            spec.report.range(where, number, _node_port_range())
        elif any(port.get("nodePort") == number for port in spec.items("ports")):
            spec.report.duplicate(where, number, "node port")
    spec.enum("internalTrafficPolicy", ("Cluster", "Local"))
    spec.enum("trafficDistribution", _DISTRIBUTIONS)


def _check_load_balancer(data: Fields, spec: Fields, kind: str) -> None:
    ranges = list(spec.values("loadBalancerSourceRanges"))
    where, why = spec.at("loadBalancerSourceRanges"), "only for services of type LoadBalancer"
    annotation = data.inner("metadata", "annotations").get(_RANGES)
    if annotation is not None and not ranges:
        where = ("metadata", "annotations", _RANGES)
        ranges = [(text, where) for text in annotation.strip().split(",") if annotation.strip()]
    if kind != "LoadBalancer":
        if annotation is not None or ranges:
            spec.report.wrong(where, why)
        spec.forbidden(why, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    for text, at in ranges:
        spec.report.syntax(at, text, syntax.cidr(text.strip()))
    spec.name("loadBalancerClass", syntax.qualified_name)


def check_endpoints(data: Fields) -> None:
    for subset in data.items("subsets"):
        if not subset.get("notReadyAddresses"):
            subset.needs("addresses", "addresses or notReadyAddresses")
        for address in (*subset.items("addresses"), *subset.items("notReadyAddresses")):
            value = address.get("ip", "")
            wrong = syntax.ip(value) or special_address(value)
            address.report.syntax(address.at("ip"), value, wrong)
            address.name("hostname", syntax.dns_label, empty=True)
            address.name("nodeName", syntax.dns_subdomain)
        ports = subset.items("ports")
        for port in ports:
            if len(ports) > 1:
                port.needs("name")
            port.name("name", syntax.dns_label, empty=True)
            port.port("port")
            port.enum("protocol", PROTOCOLS, empty=True)
            port.name("appProtocol", syntax.qualified_name)


_ENDPOINTSLICE_TYPES = ("FQDN", "IPv4", "IPv6")


def check_endpoint_slice(data: Fields) -> None:
    data.needs_enum("addressType", _ENDPOINTSLICE_TYPES)
    data.at_most("endpoints", 1000, "endpoints")
    for endpoint in data.items("endpoints"):
        _check_endpoint(endpoint, data.get("addressType", ""))
    data.at_most("ports", 20000, "ports")
    names: set[str] = set()
    for port in data.items("ports"):
        port.name("name", syntax.dns_label, empty=True)
        if port.get("name", "") in names:
            port.report.duplicate(port.at("name"), port.get("name", ""), "port name")
        names.add(port.get("name", ""))
        port.enum("protocol", PROTOCOLS)
        port.name("appProtocol", syntax.qualified_name)


def _check_endpoint(endpoint: Fields, kind: str) -> None:
    endpoint.needs("addresses", "at least one address")
    endpoint.at_most("addresses", 100, "addresses")
    for address, where in endpoint.values("addresses"):
        if kind == "FQDN":
            endpoint.report.name(where, address, _domain(address.removesuffix(".")))
        elif kind in _ENDPOINTSLICE_TYPES:
            parsed = syntax.parse_ip(address)
            wrong = syntax.ip(address) or special_address(address)
            if parsed is not None and kind != f"IPv{parsed.version}":
                wrong = f"is not an address of type {kind}"
            endpoint.report.syntax(where, address, wrong)
    endpoint.name("nodeName", syntax.dns_subdomain)
    endpoint.name("hostname", syntax.dns_label)
    hints = endpoint.inner("hints")
    for field in ("forZones", "forNodes"):
        seen: set[str] = set()
        hints.at_most(field, 8, "hints")
        for hint in hints.items(field):
            name, where = hint.get("name", ""), hint.at("name")
            if not name and field == "forNodes":
                hint.needs("name")
            elif name in seen:
                hint.report.duplicate(where, name, "name")
            elif field == "forZones":
                hint.report.label(where, name, syntax.label_value(name))
            else:
                hint.name("name", syntax.dns_subdomain)
            seen.add(name)


def _domain(name: str) -> str:
    wrong = syntax.dns_subdomain(name)
    return wrong or ("" if "." in name else "must be a domain name of at least two parts")
