"""EndpointSlice."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import syntax
from stackgen.schema.native.containers import PROTOCOLS
from stackgen.schema.native.report import Report
from stackgen.schema.native.service import special_address

_TYPES = ("FQDN", "IPv4", "IPv6")


def check_endpoint_slice(data: dict[str, Any], report: Report) -> None:
    kind = data.get("addressType", "")
    if not kind:
        report.required(("addressType",))
    elif kind not in _TYPES:
        report.enum(("addressType",), kind, _TYPES)
    endpoints, ports = data.get("endpoints") or (), data.get("ports") or ()
    if len(endpoints) > 1000:
        report.length(("endpoints",), f"{len(endpoints)} endpoints: at most 1000")
    for i, endpoint in enumerate(endpoints):
        _check_endpoint(endpoint, kind, ("endpoints", i), report)
    if len(ports) > 20000:
        report.length(("ports",), f"{len(ports)} ports: at most 20000")
    _check_ports(ports, report)


def _check_endpoint(endpoint: dict[str, Any], kind: str, path: Path, report: Report) -> None:
    addresses = endpoint.get("addresses") or ()
    if not addresses:
        report.required((*path, "addresses"), "at least one address")
    elif len(addresses) > 100:
        report.length((*path, "addresses"), f"{len(addresses)} addresses: at most 100")
    for i, address in enumerate(addresses):
        where = (*path, "addresses", i)
        if kind == "FQDN":
            wrong = syntax.dns_subdomain(address.removesuffix("."))
            if not wrong and "." not in address.removesuffix("."):
                wrong = "must be a domain name of at least two parts"
            if wrong:
                report.name(where, address, wrong)
        elif kind in _TYPES:
            parsed = syntax.parse_ip(address)
            wrong = syntax.ip(address) or special_address(address)
            if parsed is not None and kind != f"IPv{parsed.version}":
                wrong = f"is not an address of type {kind}"
            if wrong:
                report.syntax(where, address, wrong)
    node, host = endpoint.get("nodeName"), endpoint.get("hostname")
    if node is not None and syntax.dns_subdomain(node):
        report.name((*path, "nodeName"), node, syntax.dns_subdomain(node))
    if host is not None and syntax.dns_label(host):
        report.name((*path, "hostname"), host, syntax.dns_label(host))
    _check_hints(endpoint.get("hints") or {}, (*path, "hints"), report)


def _check_hints(hints: dict[str, Any], path: Path, report: Report) -> None:
    for field in ("forZones", "forNodes"):
        seen: set[str] = set()
        values = hints.get(field) or ()
        if len(values) > 8:
            report.length((*path, field), f"{len(values)} hints: at most 8")
        for i, hint in enumerate(values):
            name = hint.get("name", "")
            where = (*path, field, i, "name")
            if not name and field == "forNodes":
                report.required(where)
            elif name in seen:
                report.duplicate(where, name, "name")
            elif field == "forZones" and syntax.label_value(name):
                report.label(where, name, syntax.label_value(name))
            elif field == "forNodes" and syntax.dns_subdomain(name):
                report.name(where, name, syntax.dns_subdomain(name))
            seen.add(name)


def _check_ports(ports: Any, report: Report) -> None:
    names: set[str] = set()
    for i, port in enumerate(ports):
        where = ("ports", i)
        name = port.get("name", "")
        if name and syntax.dns_label(name):
            report.name((*where, "name"), name, syntax.dns_label(name))
        if name in names:
            report.duplicate((*where, "name"), name, "port name")
        names.add(name)
        protocol = port.get("protocol")
        if protocol is not None and protocol not in PROTOCOLS:
            report.enum((*where, "protocol"), protocol, PROTOCOLS)
        app = port.get("appProtocol")
        if app is not None and syntax.qualified_name(app):
            report.name((*where, "appProtocol"), app, syntax.qualified_name(app))
