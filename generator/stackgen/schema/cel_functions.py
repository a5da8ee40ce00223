"""Kubernetes' own CEL functions. Addresses, ranges, quantities, URLs and versions are maps here,
told apart by their one key."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from stackgen.schema import formats, metadata, regex, urls

Map = dict[str, Any]
_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?[0-9]+))?\Z"
)
_SUFFIXES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "k": Decimal("1e3"),
    "M": Decimal("1e6"), "G": Decimal("1e9"), "T": Decimal("1e12"), "P": Decimal("1e15"),
    "E": Decimal("1e18"), "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30),
    "Ti": Decimal(2**40), "Pi": Decimal(2**50), "Ei": Decimal(2**60),
}  # fmt: skip
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\Z",
    re.ASCII,
)


def _quantity(text: str) -> Map:
    found = _QUANTITY.match(text)
    if not found:
        raise ValueError(f"{text} is no quantity")
    number = Decimal(found[1])
    number = number * _SUFFIXES[found[2]] if found[2] else number.scaleb(int(found[3] or 0))
    return {"quantity": str(number.normalize())}


def _number(value: Map) -> Decimal:
    return Decimal(value["quantity"])


def _semver(text: str) -> Map:
    found = _SEMVER.match(text)
    if not found:
        raise ValueError(f"{text} is no semantic version")
    return {"semver": [found[1], found[2], found[3], found[4] or ""]}


def _version(value: Map) -> tuple[Any, ...]:
    major, minor, patch, pre = value["semver"]
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in pre.split(".") if pre)
    return (int(major), int(minor), int(patch), not pre, parts)


def _order(left: Map, right: Map) -> int:
    """-1, 0 or 1, for two quantities or two versions."""
    if ("quantity" in left) != ("quantity" in right):
        raise ValueError("the values cannot be compared")
    if "quantity" in left:
        one, other = _number(left), _number(right)
        return (one > other) - (one < other)
    first, second = _version(left), _version(right)
    return (first > second) - (first < second)


def _added(left: Map, right: Any, sign: int) -> Map:
    other = Decimal(right) if isinstance(right, int) else _number(right)
    return {"quantity": str((_number(left) + sign * other).normalize())}


def _whole(value: Map) -> int:
    number = _number(value)
    if number != number.to_integral_value() or abs(number) >= 2**63:
        raise ValueError("the quantity is no whole number")
    return int(number)


def _url(text: str) -> Map:
    found = urls.parse(text)
    if found is None:
        raise ValueError(f"{text} is no URL")
    host, port = found.host, ""
    if re.search(r":[0-9]*\Z", host) and not host.endswith("]"):
        host, _, port = host.rpartition(":")
    return {
        "url": text, "scheme": found.scheme, "host": found.host, "port": port,
        "hostname": host.strip("[]"), "path": found.path, "query": found.query,
    }  # fmt: skip


def _query(value: Map) -> Map:
    from urllib.parse import parse_qs

    return dict(parse_qs(value["query"], keep_blank_values=True))


def _ip(text: str) -> Map:
    if not formats.is_ip(text) or any(len(p) > 1 and p[0] == "0" for p in text.split(".")):
        raise ValueError(f"{text} is no IP address")
    return {"ip": str(ipaddress.ip_address(text))}


def _cidr(text: str) -> Map:
    if not formats.is_cidr(text):
        raise ValueError(f"{text} is no address range")
    return {"cidr": text}


def _holds(call: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            call(text)
        except ValueError:
            return False
        return True

    return check


def _address(value: Map) -> Any:
    return ipaddress.ip_address(value["ip"])


def _network(value: Any) -> Any:
    text = value["cidr"] if isinstance(value, dict) else _cidr(value)["cidr"]
    return ipaddress.ip_network(text, strict=False)


def _contains(value: Map, other: Any) -> bool:
    address = _address(other if isinstance(other, dict) else _ip(other))
    return address in _network(value)


def _inside(value: Map, other: Any) -> bool:
    outer, inner = _network(value), _network(other)
    return outer.version == inner.version and bool(inner.subnet_of(outer))


def _family(value: Map) -> int:
    return int(_address(value).version)


def _find(text: str, pattern: str) -> str:
    return next(iter(regex.find(pattern, text, 1)), "")


def _sorted(values: list[Any]) -> bool:
    return all(a <= b for a, b in itertools.pairwise(values))


def _dns1035(text: str, pattern: str) -> str:
    return "" if re.fullmatch(pattern, text) else "must begin with a letter, then a-z, 0-9 and -"


_NAMES: dict[str, Callable[[str], str]] = {
    "dns1123Label": metadata.dns_label,
    "dns1123Subdomain": metadata.subdomain,
    "dns1123LabelPrefix": lambda text: metadata.dns_label(text, True),
    "dns1123SubdomainPrefix": lambda text: metadata.subdomain(text, True),
    "dns1035Label": lambda text: _dns1035(text, r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"),
    "dns1035LabelPrefix": lambda text: _dns1035(text, r"[a-z][-a-z0-9]{0,62}"),
    "qualifiedName": metadata.qualified_name,
    "labelValue": metadata.label_value,
}


def format_errors(name: str, text: str) -> list[str]:
    """What is wrong with `text` as one of Kubernetes' named formats."""
    if name in _NAMES:
        wrong = _NAMES[name](text)
        return [wrong] if wrong else []
    known = {"uri": "uri", "uuid": "uuid", "byte": "byte", "date": "date", "datetime": "datetime"}
    if name not in known:
        raise ValueError(f"no format is called {name}")
    return [] if formats.CHECKS[known[name]][1](text) else [f"must be {formats.described(name)}"]


def declarations() -> list[Any]:
    """The functions for the engine."""
    from cel_expr_python import cel

    kinds = {
        "s": cel.Type.STRING, "i": cel.Type.INT, "b": cel.Type.BOOL, "d": cel.Type.DOUBLE,
        "l": cel.Type.LIST, "m": cel.Type.MAP, "x": cel.Type.DYN,
    }  # fmt: skip
    table: dict[str, list[Any]] = {}
    for signature, call in _FUNCTIONS:
        name, given, result = signature.split(":")
        member = given.startswith("*")
        given = given.lstrip("*")
        overload = cel.Overload(
            id=f"{name.replace('.', '_')}_{given}",
            return_type=kinds[result],
            parameters=[kinds[k] for k in given],
            is_member=member,
            impl=call,
        )
        table.setdefault(name, []).append(overload)
    return [cel.FunctionDecl(name, overloads) for name, overloads in table.items()]


# name : parameters (* for a method; s text, i int, l list, m map) : result
_FUNCTIONS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("formatErrors:ss:l", format_errors),
    ("isQuantity:s:b", _holds(_quantity)),
    ("quantity:s:m", _quantity),
    ("sign:*m:i", lambda v: (_number(v) > 0) - (_number(v) < 0)),
    ("isInteger:*m:b", lambda v: _holds(lambda _: _whole(v))("")),
    ("asInteger:*m:i", _whole),
    ("asApproximateFloat:*m:d", lambda v: float(_number(v))),
    ("add:*mm:m", lambda a, b: _added(a, b, 1)),
    ("add:*mi:m", lambda a, b: _added(a, b, 1)),
    ("sub:*mm:m", lambda a, b: _added(a, b, -1)),
    ("sub:*mi:m", lambda a, b: _added(a, b, -1)),
    ("compareTo:*mm:i", _order),
    ("isLessThan:*mm:b", lambda a, b: _order(a, b) < 0),
    ("isGreaterThan:*mm:b", lambda a, b: _order(a, b) > 0),
    ("isSemver:s:b", _holds(_semver)),
    ("semver:s:m", _semver),
    ("major:*m:i", lambda v: int(v["semver"][0])),
    ("minor:*m:i", lambda v: int(v["semver"][1])),
    ("patch:*m:i", lambda v: int(v["semver"][2])),
    ("isURL:s:b", _holds(_url)),
    ("url:s:m", _url),
    ("getScheme:*m:s", lambda v: v["scheme"]),
    ("getHost:*m:s", lambda v: v["host"]),
    ("getHostname:*m:s", lambda v: v["hostname"]),
    ("getPort:*m:s", lambda v: v["port"]),
    ("getEscapedPath:*m:s", lambda v: v["path"]),
    ("getQuery:*m:m", _query),
    ("isIP:s:b", _holds(_ip)),
    ("ip:s:m", _ip),
    ("ip:*m:m", lambda v: {"ip": v["cidr"].partition("/")[0]}),
    ("ip.isCanonical:s:b", lambda t: _ip(t)["ip"] == t),
    ("family:*m:i", _family),
    ("isUnspecified:*m:b", lambda v: _address(v).is_unspecified),
    ("isLoopback:*m:b", lambda v: _address(v).is_loopback),
    ("isLinkLocalMulticast:*m:b", lambda v: str(_address(v)).startswith(("224.0.0.", "ff02:"))),
    ("isLinkLocalUnicast:*m:b", lambda v: _address(v).is_link_local),
    (
        "isGlobalUnicast:*m:b",
        lambda v: not (
            _address(v).is_unspecified or _address(v).is_loopback or _address(v).is_multicast
            or _address(v).is_link_local or str(_address(v)) == "255.255.255.255"
        ),
    ),
    ("isCIDR:s:b", _holds(_cidr)),
    ("cidr:s:m", _cidr),
    ("containsIP:*ms:b", _contains),
    ("containsIP:*mm:b", _contains),
    ("containsCIDR:*ms:b", _inside),
    ("containsCIDR:*mm:b", _inside),
    ("prefixLength:*m:i", lambda v: _network(v).prefixlen),
    ("masked:*m:m", lambda v: {"cidr": str(_network(v))}),
    ("find:*ss:s", _find),
    ("findAll:*ss:l", lambda text, pattern: regex.find(pattern, text, -1)),
    ("findAll:*ssi:l", lambda text, pattern, limit: regex.find(pattern, text, limit)),
    ("isSorted:*l:b", _sorted),
    ("sum:*l:x", sum),
    ("min:*l:x", min),
    ("max:*l:x", max),
    ("sets.contains:ll:b", lambda a, b: all(x in a for x in b)),
    ("sets.equivalent:ll:b", lambda a, b: all(x in a for x in b) and all(x in b for x in a)),
    ("sets.intersects:ll:b", lambda a, b: any(x in a for x in b)),
)  # fmt: skip
