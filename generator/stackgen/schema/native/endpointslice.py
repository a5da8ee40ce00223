"""EndpointSlice."""

from __future__ import annotations

from stackgen.schema.native import syntax
from stackgen.schema.native.containers import PROTOCOLS
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.service import special_address

_TYPES = ("FQDN", "IPv4", "IPv6")


def check_endpoint_slice(data: Fields) -> None:
    data.needs_enum("addressType", _TYPES)
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
        elif kind in _TYPES:
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
