"""Syntax of names, labels, ports, addresses, paths and times.

Every function returns what is wrong as the rest of a sentence that begins with the value, or ""
when the value is fine.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from stackgen.regex import regex

_A = re.ASCII
_LABEL = regex(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\Z", _A)
_LABEL_1035 = regex(r"[a-z](?:[-a-z0-9]*[a-z0-9])?\Z", _A)
_SUBDOMAIN = regex(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\Z", _A)
_QUALIFIED = regex(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z", _A)
_LABEL_VALUE = regex(r"(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\Z", _A)
_PORT_NAME = regex(r"[-a-z0-9]+\Z", _A)
_CONFIG_KEY = regex(r"[-._a-zA-Z0-9]+\Z", _A)
_HTTP_HEADER = regex(r"[-A-Za-z0-9]+\Z", _A)
_C_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*\Z", _A)
_ENV_NAME = regex(r"[ -<>-~]+\Z", _A)
_PERCENT = regex(r"[0-9]+%\Z", _A)
_CIDR4 = regex(r"[0-9.]+/(?:[0-9]|[12][0-9]|3[0-2])\Z", _A)
_CIDR6 = regex(r"[0-9A-Fa-f:.]+/(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8])\Z", _A)

_TIME = regex(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-](\d\d):(\d\d))\Z", _A
)

_LABEL_TEXT = (
    "must be a DNS label: lower-case letters, digits and '-', beginning and ending with a letter "
    "or digit"
)
_SUBDOMAIN_TEXT = (
    "must be a DNS subdomain: lower-case letters, digits, '-' and '.', every part beginning and "
    "ending with a letter or digit"
)
_QUALIFIED_TEXT = (
    "must be letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
)


def dns_label(value: str) -> str:
    if len(value) <= 63 and _LABEL.match(value):
        return ""
    return _LABEL_TEXT if len(value) <= 63 else "is longer than 63 characters"


def dns1035_label(value: str) -> str:
    if len(value) <= 63 and _LABEL_1035.match(value):
        return ""
    if len(value) > 63:
        return "is longer than 63 characters"
    return "must be lower-case letters, digits and '-', beginning with a letter"


def dns_subdomain(value: str) -> str:
    if len(value) <= 253 and _SUBDOMAIN.match(value):
        return ""
    return _SUBDOMAIN_TEXT if len(value) <= 253 else "is longer than 253 characters"


def completed(prefix: str) -> str:
    """A generateName as a name: one that ends in a hyphen, before letters follow, is fine."""
    return prefix[:-1] + "a" if prefix.endswith("-") and len(prefix) > 1 else prefix


def wildcard_subdomain(value: str) -> str:
    if value.startswith("*.") and not dns_subdomain(value[2:]) and len(value) <= 253:
        return ""
    return "must be '*.' followed by a DNS subdomain"


def host_with_wildcard(value: str) -> str:
    return wildcard_subdomain(value) if "*" in value else dns_subdomain(value)


def fully_qualified(value: str) -> str:
    """A DNS subdomain of at least three parts."""
    wrong = dns_subdomain(value)
    if not wrong and value.count(".") < 2:
        return "must have at least three parts separated by dots"
    return wrong


@lru_cache(maxsize=4096)
def qualified_name(value: str) -> str:
    """`[prefix/]name` as label keys and resource names are."""
    parts = value.split("/")
    name = parts[-1]
    if len(parts) > 2:
        return "must be a name with at most one prefix before a '/'"
    if len(parts) == 2:
        if not parts[0]:
            return "has nothing before the '/'"
        wrong = dns_subdomain(parts[0])
        if wrong:
            return f"has a prefix that {wrong}"
    if not name:
        return "must not be empty" if len(parts) == 1 else "has nothing after the '/'"
    if len(name) > 63:
        return "has a name part longer than 63 characters"
    return "" if _QUALIFIED.match(name) else _QUALIFIED_TEXT


@lru_cache(maxsize=4096)
def label_value(value: str) -> str:
    if len(value.encode("utf-8", "surrogatepass")) > 63:
        return "is longer than 63 characters"
    return "" if _LABEL_VALUE.match(value) else f"{_QUALIFIED_TEXT}, or empty"


def domain_prefixed_path(value: str) -> str:
    """`domain/path`, as finalizers and API-bound names are."""
    domain, slash, path = value.partition("/")
    if not slash:
        return "must be a domain and a path separated by a '/'"
    return dns_subdomain(domain) or ("" if path else "has nothing after the '/'")


def path_segment(value: str) -> str:
    """A name that the API server puts into paths."""
    if value in (".", "..") or "/" in value or "%" in value:
        return "must not be '.' or '..' nor contain '/' or '%'"
    return ""


def port_number(value: int) -> str:
    return "" if 1 <= value <= 65535 else "between 1 and 65535"


def port_name(value: str) -> str:
    if len(value) > 15:
        return "is longer than 15 characters"
    if not _PORT_NAME.match(value):
        return "must be lower-case letters, digits and '-'"
    if not re.search("[a-z]", value):
        return "must have at least one letter"
    if "--" in value:
        return "must not have two '-' in a row"
    if value[0] == "-" or value[-1] == "-":
        return "must not begin or end with '-'"
    return ""


def config_key(value: str) -> str:
    """A key of a ConfigMap or Secret."""
    if len(value) > 253:
        return "is longer than 253 characters"
    if not _CONFIG_KEY.match(value):
        return "must be letters, digits, '-', '_' and '.'"
    if value == "." or value.startswith(".."):
        return "must not be '.' nor begin with '..'"
    return ""


def env_name(value: str) -> str:
    if not _ENV_NAME.match(value):
        return "must be printable ASCII characters other than '='"
    return ""


def c_identifier(value: str) -> str:
    return (
        ""
        if _C_NAME.match(value)
        else "must be letters, digits and '_', not beginning with a digit"
    )


def http_header(value: str) -> str:
    return "" if _HTTP_HEADER.match(value) else "must be letters, digits and '-'"


def percent(value: str) -> str:
    return "" if _PERCENT.match(value) else "must be a number or a percentage such as 25%"


def ip(value: str) -> str:
    """An address without a zone, leading zeros or an IPv4 address inside an IPv6 one."""
    parsed = parse_ip(value)
    if parsed is None:
        return "is not an IP address such as 10.9.8.7 or 2001:db8::1"
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        return f"is an IPv4 address in the form of IPv6: write {parsed.ipv4_mapped}"
    return ""


@lru_cache(maxsize=1024)
def parse_ip(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address; zones and leading zeros are refused."""
    if "%" in value:
        return None
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def parse_cidr(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network, host bits dropped."""
    if not (_CIDR4.match(value) or _CIDR6.match(value)):
        return None
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def cidr(value: str) -> str:
    """A network by its own first address."""
    network = parse_cidr(value)
    if network is None:
        return "is not a network such as 10.9.8.0/24 or 2001:db8::/64"
    address = value.partition("/")[0]
    if ip(address):
        return ip(address)
    if parse_ip(address) != network.network_address:
        return f"has bits beyond its mask: the network is {network}"
    return ""


def relative_path(value: str) -> str:
    """A path below something: not absolute, no step up."""
    if value.startswith("/"):
        return "must be a relative path"
    return no_backsteps(value)


def no_backsteps(value: str) -> str:
    return "must not contain '..'" if ".." in value.split("/") else ""


def is_time(value: str) -> bool:
    """Whether the server reads it as a time of RFC 3339."""
    import datetime

    match = _TIME.match(value)
    if not match:
        return False
    year, month, day, hour, minute, second = (int(group) for group in match.groups()[:6])
    try:
        datetime.datetime(year or 4, month, day, hour, minute, second)
    except ValueError:
        return False
    return int(match[7] or 0) <= 24 and int(match[8] or 0) <= 60
