"""NetworkPolicy, Ingress and IngressClass."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import labels, syntax
from stackgen.schema.native.containers import PROTOCOLS
from stackgen.schema.native.probes import check_port
from stackgen.schema.native.report import Report, show

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_NOT_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")


def check_network_policy(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    if "podSelector" in spec:
        labels.check_selector(spec["podSelector"], (*path, "podSelector"), report)
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for i, rule in enumerate(spec.get(direction) or ()):
            where = (*path, direction, i)
            for j, port in enumerate(rule.get("ports") or ()):
                _check_policy_port(port, (*where, "ports", j), report)
            for j, peer in enumerate(rule.get(peers) or ()):
                _check_peer(peer, (*where, peers, j), report)
    types = spec.get("policyTypes") or ()
    if len(types) > 2:
        report.length((*path, "policyTypes"), f"{len(types)} types: at most 2")
    for i, kind in enumerate(types):
        report.enum((*path, "policyTypes", i), kind, ("Egress", "Ingress"))


def _check_policy_port(port: dict[str, Any], path: Path, report: Report) -> None:
    protocol = port.get("protocol") or "TCP"
    report.enum((*path, "protocol"), protocol, PROTOCOLS)
    number, end = port.get("port"), port.get("endPort")
    if number is not None:
        check_port(number, (*path, "port"), report)
    if end is None:
        return
    if number is None:
        report.required((*path, "port"), "endPort ends a range that begins there")
    elif isinstance(number, str):
        report.wrong((*path, "endPort"), "a range needs a number as port, not a name")
    elif end < number:
        report.range((*path, "endPort"), end, f"at least port, {number}")
    if syntax.port_number(end):
        report.range((*path, "endPort"), end, syntax.port_number(end))


def _check_peer(peer: dict[str, Any], path: Path, report: Report) -> None:
    given = [f for f in ("podSelector", "namespaceSelector", "ipBlock") if f in peer]
    if not given:
        report.required(path, "one of podSelector, namespaceSelector and ipBlock")
    for field in given:
        if field != "ipBlock":
            labels.check_selector(peer[field], (*path, field), report)
    if "ipBlock" in peer:
        if len(given) > 1:
            report.wrong((*path, "ipBlock"), f"excludes {given[0]} in the same peer")
        _check_block(peer["ipBlock"], (*path, "ipBlock"), report)


def _check_block(block: dict[str, Any], path: Path, report: Report) -> None:
    text = block.get("cidr", "")
    if not text:
        report.required((*path, "cidr"))
        return
    outer = syntax.parse_cidr(text)
    if outer is None or syntax.cidr(text):
        report.syntax((*path, "cidr"), text, syntax.cidr(text))
        return
    for i, part in enumerate(block.get("except") or ()):
        where = (*path, "except", i)
        inner = syntax.parse_cidr(part)
        if inner is None or syntax.cidr(part):
            report.syntax(where, part, syntax.cidr(part))
        elif (
            inner.version != outer.version
            or inner.network_address not in outer
            or inner.prefixlen <= outer.prefixlen
        ):
            report.wrong(where, f"{show(part)} is not a smaller network within {text}")


# -- Ingress -----------------------------------------------------------------------------------


def check_ingress(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    rules = spec.get("rules") or ()
    if not rules and "defaultBackend" not in spec:
        report.wrong(path, "one of rules and defaultBackend is needed")
    if "defaultBackend" in spec:
        _check_backend(spec["defaultBackend"], (*path, "defaultBackend"), report)
    name = spec.get("ingressClassName")
    if name is not None:
        report.name((*path, "ingressClassName"), name, syntax.dns_subdomain(name))
        annotations = (data.get("metadata") or {}).get("annotations") or {}
        if annotations.get("kubernetes.io/ingress.class", name) != name:
            at = ("metadata", "annotations", "kubernetes.io/ingress.class")
            report.wrong(at, f"differs from spec.ingressClassName, {show(name)}")
    for i, rule in enumerate(rules):
        _check_rule(rule, (*path, "rules", i), report)
    for i, tls in enumerate(spec.get("tls") or ()):
        where = (*path, "tls", i)
        for j, host in enumerate(tls.get("hosts") or ()):
            report.name((*where, "hosts", j), host, syntax.host_with_wildcard(host))
        secret = tls.get("secretName", "")
        if secret and syntax.dns_subdomain(secret):
            report.name((*where, "secretName"), secret, syntax.dns_subdomain(secret))


def _check_rule(rule: dict[str, Any], path: Path, report: Report) -> None:
    host = rule.get("host", "")
    if host:
        wrong = syntax.host_with_wildcard(host)
        if syntax.parse_ip(host) is not None:
            wrong = "must be a DNS name, not an address"
        if wrong:
            report.name((*path, "host"), host, wrong)
    if "http" not in rule:
        return
    paths = rule["http"].get("paths") or ()
    if not paths:
        report.required((*path, "http", "paths"))
    for i, entry in enumerate(paths):
        where = (*path, "http", "paths", i)
        _check_path(entry, where, report)
        _check_backend(entry.get("backend") or {}, (*where, "backend"), report)


def _check_path(entry: dict[str, Any], path: Path, report: Report) -> None:
    kind, value = entry.get("pathType"), entry.get("path", "")
    if kind is None:
        report.required((*path, "pathType"))
    elif kind not in _PATH_TYPES:
        report.enum((*path, "pathType"), kind, _PATH_TYPES)
    elif kind == "ImplementationSpecific":
        if value and not value.startswith("/"):
            report.syntax((*path, "path"), value, "must begin with '/'")
    elif not value.startswith("/"):
        report.syntax((*path, "path"), value, "must begin with '/'")
    else:
        bad = [part for part in _NOT_IN_PATHS if part in value]
        bad += [end for end in ("/..", "/.") if value.endswith(end)]
        if bad:
            report.syntax((*path, "path"), value, f"must not contain {show(bad[0])}")


def _check_backend(backend: dict[str, Any], path: Path, report: Report) -> None:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        report.wrong(path, "service and resource exclude each other")
    elif service is None and resource is None:
        report.wrong(path, "one of service and resource is needed")
    elif resource is not None:
        _check_reference(resource, (*path, "resource"), report)
    else:
        _check_service_backend(service or {}, (*path, "service"), report)


def _check_service_backend(service: dict[str, Any], path: Path, report: Report) -> None:
    name = service.get("name", "")
    if not name:
        report.required((*path, "name"))
    elif syntax.dns_label(name):
        report.name((*path, "name"), name, syntax.dns_label(name))
    port = service.get("port") or {}
    named, number, where = port.get("name", ""), port.get("number", 0), (*path, "port")
    if named and number:
        report.wrong(where, "name and number exclude each other")
    elif named:
        report.syntax((*where, "name"), named, syntax.port_name(named))
    elif not number:
        report.required(where, "the service's port by name or number")
    elif syntax.port_number(number):
        report.range((*where, "number"), number, syntax.port_number(number))


def _check_reference(ref: dict[str, Any], path: Path, report: Report) -> None:
    group = ref.get("apiGroup")
    if group is not None and syntax.dns_subdomain(group):
        report.name((*path, "apiGroup"), group, syntax.dns_subdomain(group))
    for field in ("kind", "name"):
        value = ref.get(field, "")
        if not value:
            report.required((*path, field))
        elif value in (".", "..") or "/" in value or "%" in value:
            report.name((*path, field), value, "must not be '.' or '..' nor contain '/' or '%'")


def check_ingress_class(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    controller, where = spec.get("controller", ""), ("spec", "controller")
    if not controller:
        report.required(where)
    elif len(controller) > 250:
        report.length(where, "must be at most 250 characters")
    elif syntax.domain_prefixed_path(controller):
        report.name(where, controller, syntax.domain_prefixed_path(controller))
    parameters = spec.get("parameters")
    if parameters is None:
        return
    where = ("spec", "parameters")
    _check_reference(parameters, where, report)
    scope, namespace = parameters.get("scope") or "Cluster", parameters.get("namespace")
    if scope not in ("Cluster", "Namespace"):
        report.enum((*where, "scope"), scope, ("Cluster", "Namespace"))
    elif scope == "Namespace" and not namespace:
        report.required((*where, "namespace"), "scope Namespace needs it")
    elif scope == "Namespace" and namespace and syntax.dns_label(namespace):
        report.name((*where, "namespace"), namespace, syntax.dns_label(namespace))
    elif scope == "Cluster" and namespace is not None:
        report.wrong((*where, "namespace"), "only for scope Namespace")
