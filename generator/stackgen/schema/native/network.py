"""NetworkPolicy, Ingress and IngressClass."""

from __future__ import annotations

from stackgen.schema import syntax
from stackgen.schema.native import labels
from stackgen.schema.native.containers import PROTOCOLS
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.probes import check_port
from stackgen.schema.native.report import show

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_NOT_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")


def check_network_policy(data: Fields) -> None:
    spec = data.inner("spec")
    labels.check_selector(spec.inner("podSelector"))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for rule in spec.items(direction):
            for port in rule.items("ports"):
                _check_policy_port(port)
            for peer in rule.items(peers):
                _check_peer(peer)
    spec.at_most("policyTypes", 2, "types")
    for kind, where in spec.values("policyTypes"):
        spec.report.enum(where, kind, ("Egress", "Ingress"))


def _check_policy_port(port: Fields) -> None:
    port.enum("protocol", PROTOCOLS, empty=True)
    number, end = port.get("port"), port.get("endPort")
    if number is not None:
        check_port(number, port.at("port"), port.report)
    if end is None:
        return
    if isinstance(number, str):
        port.wrong("endPort", "a range needs a number as port, not a name")
    elif port.is_set("port", "endPort ends a range that begins there") and end < number:
        port.report.range(port.at("endPort"), end, f"at least port, {number}")
    port.port("endPort")


def _check_peer(peer: Fields) -> None:
    given = [f for f in ("podSelector", "namespaceSelector", "ipBlock") if f in peer]
    if not given:
        why = "one of podSelector, namespaceSelector and ipBlock"
        peer.report.required(peer.path, why)
    labels.check_selector(peer.inner("podSelector"))
    labels.check_selector(peer.inner("namespaceSelector"))
    if "ipBlock" in peer:
        if len(given) > 1:
            peer.wrong("ipBlock", f"excludes {given[0]} in the same peer")
        _check_block(peer.inner("ipBlock"))


def _check_block(block: Fields) -> None:
    text = block.get("cidr", "")
    outer = syntax.parse_cidr(text)
    if not block.needs_syntax("cidr", syntax.cidr) or outer is None:
        return
    for part, where in block.values("except"):
        inner = syntax.parse_cidr(part)
        if inner is None or syntax.cidr(part):
            block.report.syntax(where, part, syntax.cidr(part))
        elif (
            inner.version != outer.version
            or inner.network_address not in outer
            or inner.prefixlen <= outer.prefixlen
        ):
            block.report.wrong(where, f"{show(part)} is not a smaller network within {text}")


# -- Ingress -----------------------------------------------------------------------------------


def check_ingress(data: Fields) -> None:
    spec = data.inner("spec")
    if not spec.get("rules") and "defaultBackend" not in spec:
        spec.report.wrong(spec.path, "one of rules and defaultBackend is needed")
    if "defaultBackend" in spec:
        _check_backend(spec.inner("defaultBackend"))
    name = spec.get("ingressClassName")
    if name is not None:
        spec.name("ingressClassName", syntax.dns_subdomain)
        annotations = data.inner("metadata", "annotations")
        if annotations.get("kubernetes.io/ingress.class", name) != name:
            message = f"differs from spec.ingressClassName, {show(name)}"
            annotations.wrong("kubernetes.io/ingress.class", message)
    for rule in spec.items("rules"):
        rule.name("host", _host, empty=True)
        if "http" in rule:
            http = rule.inner("http")
            http.needs("paths")
            for entry in http.items("paths"):
                _check_path(entry)
                _check_backend(entry.inner("backend"))
    for tls in spec.items("tls"):
        for host, where in tls.values("hosts"):
            tls.report.name(where, host, syntax.host_with_wildcard(host))
        tls.name("secretName", syntax.dns_subdomain, empty=True)


def _host(host: str) -> str:
    if syntax.parse_ip(host) is not None:
        return "must be a DNS name, not an address"
    return syntax.host_with_wildcard(host)


def _check_path(entry: Fields) -> None:
    kind, value = entry.get("pathType"), entry.get("path", "")
    if not entry.is_set("pathType") or not entry.enum("pathType", _PATH_TYPES):
        return
    problem = ""
    if not value.startswith("/"):
        problem = "must begin with '/'" if value or kind != "ImplementationSpecific" else ""
    elif kind != "ImplementationSpecific":
        bad = [part for part in _NOT_IN_PATHS if part in value]
        bad += [end for end in ("/..", "/.") if value.endswith(end)]
        problem = f"must not contain {show(bad[0])}" if bad else ""
    entry.report.syntax(entry.at("path"), value, problem)


def _check_backend(backend: Fields) -> None:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        backend.report.wrong(backend.path, "service and resource exclude each other")
    elif service is None and resource is None:
        backend.report.wrong(backend.path, "one of service and resource is needed")
    elif resource is not None:
        _check_reference(backend.inner("resource"))
    else:
        _check_service_backend(backend.inner("service"))


def _check_service_backend(service: Fields) -> None:
    service.needs_name("name", syntax.dns_label)
    port = service.inner("port")
    named, number = port.get("name"), port.get("number")
    if named and number:
        port.report.wrong(port.path, "name and number exclude each other")
    elif named:
        port.syntax("name", syntax.port_name)
    elif number:
        port.port("number")
    else:
        port.report.required(port.path, "the service's port by name or number")


def _check_reference(ref: Fields) -> None:
    ref.name("apiGroup", syntax.dns_subdomain)
    for field in ("kind", "name"):
        ref.needs_name(field, syntax.path_segment)


def check_ingress_class(data: Fields) -> None:
    spec = data.inner("spec")
    if spec.needs("controller") and spec.longest("controller", 250):
        spec.name("controller", syntax.domain_prefixed_path)
    if "parameters" not in spec:
        return
    parameters = spec.inner("parameters")
    _check_reference(parameters)
    if not parameters.enum("scope", ("Cluster", "Namespace"), empty=True):
        return
    if parameters.get("scope") == "Namespace":
        parameters.needs_name("namespace", syntax.dns_label, "scope Namespace needs it")
    else:
        parameters.forbidden("only for scope Namespace", "namespace")
