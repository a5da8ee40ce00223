"""Kubernetes' own CEL functions. Addresses, ranges, quantities, URLs and versions are maps here,
told apart by their one key."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from stackgen.digits import to_int
from stackgen.facts import quantity
from stackgen.regex import regex
from stackgen.schema import formats, syntax
from stackgen.schema import regex as re2

Map = dict[str, Any]
_SEMVER = regex(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\Z",
    re.ASCII,
)


def _quantity(text: str) -> Map:
    return {"quantity": str(quantity.parse(text).normalize())}


def _number(value: Map) -> Decimal:
    return Decimal(value["quantity"])


def _semver(text: str) -> Map:
    found = _SEMVER.match(text)
    if not found:
        raise ValueError(f"{text} is not a semantic version")
    return {"semver": [found[1], found[2], found[3], found[4] or ""]}


def _lenient(text: str) -> Map:
    """A version that may begin with v and lack minor and patch."""
    core, dash, rest = text.removeprefix("v").partition("-")
    numbers = [n.lstrip("0") or "0" if n.isdigit() else n for n in core.split(".")]
    return _semver(".".join([*numbers, "0", "0"][: max(3, len(numbers))]) + dash + rest)


def _version(value: Map) -> tuple[Any, ...]:
    major, minor, patch, pre = value["semver"]
    parts = tuple((0, to_int(p), "") if p.isdecimal() else (1, 0, p) for p in pre.split(".") if pre)
    return (to_int(major), to_int(minor), to_int(patch), not pre, parts)


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
        raise ValueError("the quantity is not an integer")
    return int(number)


def _url(text: str) -> Map:
    found = formats.parse(text)
    if found is None:
        raise ValueError(f"{text} is not a URL")
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
        raise ValueError(f"{text} is not an IP address")
    return {"ip": str(ipaddress.ip_address(text))}


def _cidr(text: str) -> Map:
    if not formats.is_cidr(text):
        raise ValueError(f"{text} is not an address range")
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
    return next(iter(re2.find(pattern, text, 1)), "")


def _sorted(values: list[Any]) -> bool:
    return all(a <= b for a, b in itertools.pairwise(values))


def _dns1035(text: str, pattern: str) -> str:
    return "" if re.fullmatch(pattern, text) else "must begin with a letter, then a-z, 0-9 and -"


_NAMES: dict[str, Callable[[str], str]] = {
    "dns1123Label": syntax.dns_label,
    "dns1123Subdomain": syntax.dns_subdomain,
    "dns1123LabelPrefix": lambda text: syntax.dns_label(syntax.completed(text)),
    "dns1123SubdomainPrefix": lambda text: syntax.dns_subdomain(syntax.completed(text)),
    "dns1035Label": lambda text: _dns1035(text, r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"),
    "dns1035LabelPrefix": lambda text: _dns1035(text, r"[a-z][-a-z0-9]{0,62}"),
    "qualifiedName": syntax.qualified_name,
    "labelValue": syntax.label_value,
}


_FORMATS = ("byte", "date", "datetime", "uri", "uuid")
FORMAT_NAMES = frozenset((*_NAMES, *_FORMATS))


def format_errors(name: str, text: str) -> list[str]:
    """What is wrong with `text` as one of Kubernetes' named formats."""
    if name in _NAMES:
        wrong = _NAMES[name](text)
        return [wrong] if wrong else []
    if name not in _FORMATS:
        raise ValueError(f"no format is called {name}")
    return [] if formats.CHECKS[name][1](text) else [f"must be {formats.described(name)}"]


def declarations(checked: bool = False) -> list[Any]:
    """The functions for the engine. checked: with the types by which the server tells
    quantities, versions, URLs, addresses and ranges apart; they are all maps to our functions."""
    from cel_expr_python import cel

    kinds = {
        "s": cel.Type.STRING, "i": cel.Type.INT, "b": cel.Type.BOOL, "d": cel.Type.DOUBLE,
        "l": cel.Type.LIST, "m": cel.Type.MAP, "x": cel.Type.DYN, "B": cel.Type.BYTES,
        "D": cel.Type.DURATION, "T": cel.Type.TIMESTAMP,
    }  # fmt: skip
    for letter, name in _OPAQUE.items():
        kinds[letter] = cel.Type.AbstractType(name) if checked else cel.Type.MAP
    table: dict[str, dict[tuple[str, ...], Any]] = {}
    for signature, call in _functions(checked):
        name, given, result = signature.split(":")
        member = given.startswith("*")
        given = given.lstrip("*")
        types = [cel.Type.List(kinds[_LISTS[k]]) if k in _LISTS else kinds[k] for k in given]
        overload = cel.Overload(
            id=f"{name.replace('.', '_')}_{given}",
            return_type=kinds[result],
            parameters=types,
            is_member=member,
            impl=call,
        )
        # Overloads that differ in opaque types alone are one overload to our functions.
        table.setdefault(name, {}).setdefault(tuple(str(t) for t in types), overload)
    return [cel.FunctionDecl(name, list(overloads.values())) for name, overloads in table.items()]


def _functions(checked: bool) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Signatures and functions. checked: lists whose items the server compares have typed items."""
    for signature, call in _FUNCTIONS:
        name = signature.partition(":")[0]
        if not checked or name not in _COMPARED:
            yield signature, call
            continue
        for items, item in _LISTS.items():
            if name != "sum" or item in "idD":
                yield f"{name}:*{items}:{'b' if name == 'isSorted' else item}", call


_OPAQUE = {
    "q": "kubernetes.Quantity", "v": "kubernetes.Semver", "u": "kubernetes.URL",
    "a": "net.IP", "r": "net.CIDR",
}  # fmt: skip
# Lists of comparable items, by the type of the items.
_LISTS = {"1": "i", "2": "d", "3": "b", "4": "s", "5": "B", "6": "D", "7": "T"}
_COMPARED = ("isSorted", "max", "min", "sum")
# name : parameters (* for a method; letters as in `declarations`) : result
_FUNCTIONS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("formatErrors:ss:l", format_errors),
    ("isQuantity:s:b", _holds(_quantity)),
    ("quantity:s:q", _quantity),
    ("sign:*q:i", lambda v: (_number(v) > 0) - (_number(v) < 0)),
    ("isInteger:*q:b", lambda v: _holds(lambda _: _whole(v))("")),
    ("asInteger:*q:i", _whole),
    ("asApproximateFloat:*q:d", lambda v: float(_number(v))),
    ("add:*qq:q", lambda a, b: _added(a, b, 1)),
    ("add:*qi:q", lambda a, b: _added(a, b, 1)),
    ("sub:*qq:q", lambda a, b: _added(a, b, -1)),
    ("sub:*qi:q", lambda a, b: _added(a, b, -1)),
    ("compareTo:*qq:i", _order),
    ("compareTo:*vv:i", _order),
    ("isLessThan:*qq:b", lambda a, b: _order(a, b) < 0),
    ("isLessThan:*vv:b", lambda a, b: _order(a, b) < 0),
    ("isGreaterThan:*qq:b", lambda a, b: _order(a, b) > 0),
    ("isGreaterThan:*vv:b", lambda a, b: _order(a, b) > 0),
    ("isSemver:s:b", _holds(_semver)),
    ("isSemver:sb:b", lambda t, lenient: _holds(_lenient if lenient else _semver)(t)),
    ("semver:s:v", _semver),
    ("semver:sb:v", lambda t, lenient: (_lenient if lenient else _semver)(t)),
    ("major:*v:i", lambda v: to_int(v["semver"][0])),
    ("minor:*v:i", lambda v: to_int(v["semver"][1])),
    ("patch:*v:i", lambda v: to_int(v["semver"][2])),
    ("isURL:s:b", _holds(_url)),
    ("url:s:u", _url),
    ("getScheme:*u:s", lambda v: v["scheme"]),
    ("getHost:*u:s", lambda v: v["host"]),
    ("getHostname:*u:s", lambda v: v["hostname"]),
    ("getPort:*u:s", lambda v: v["port"]),
    ("getEscapedPath:*u:s", lambda v: v["path"]),
    ("getQuery:*u:m", _query),
    ("isIP:s:b", _holds(_ip)),
    ("ip:s:a", _ip),
    ("ip:*r:a", lambda v: {"ip": v["cidr"].partition("/")[0]}),
    ("ip.isCanonical:s:b", lambda t: _ip(t)["ip"] == t),
    ("family:*a:i", _family),
    ("isUnspecified:*a:b", lambda v: _address(v).is_unspecified),
    ("isLoopback:*a:b", lambda v: _address(v).is_loopback),
    ("isLinkLocalMulticast:*a:b", lambda v: str(_address(v)).startswith(("224.0.0.", "ff02:"))),
    ("isLinkLocalUnicast:*a:b", lambda v: _address(v).is_link_local),
    (
        "isGlobalUnicast:*a:b",
        lambda v: not (
            _address(v).is_unspecified or _address(v).is_loopback or _address(v).is_multicast
            or _address(v).is_link_local or str(_address(v)) == "255.255.255.255"
        ),
    ),
    ("isCIDR:s:b", _holds(_cidr)),
    ("cidr:s:r", _cidr),
    ("containsIP:*rs:b", _contains),
    ("containsIP:*ra:b", _contains),
    ("containsCIDR:*rs:b", _inside),
    ("containsCIDR:*rr:b", _inside),
    ("prefixLength:*r:i", lambda v: _network(v).prefixlen),
    ("masked:*r:r", lambda v: {"cidr": str(_network(v))}),
    ("find:*ss:s", _find),
    ("findAll:*ss:l", lambda text, pattern: re2.find(pattern, text, -1)),
    ("findAll:*ssi:l", lambda text, pattern, limit: re2.find(pattern, text, limit)),
    ("isSorted:*l:b", _sorted),
    ("sum:*l:x", sum),
    ("min:*l:x", min),
    ("max:*l:x", max),
    ("sets.contains:ll:b", lambda a, b: all(x in a for x in b)),
    ("sets.equivalent:ll:b", lambda a, b: all(x in a for x in b) and all(x in b for x in a)),
    ("sets.intersects:ll:b", lambda a, b: any(x in a for x in b)),
)  # fmt: skip
