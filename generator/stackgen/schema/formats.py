"""The formats that the server checks in custom resources, with its own readings of them.

Names are compared without hyphens; a format that is not listed here is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from stackgen.digits import to_int
from stackgen.record import record
from stackgen.regex import regex
from stackgen.schema import syntax

# Possessive, and from the first digit only: the time grows with the length, not with its square.
_WHOLE = regex(r"([-+]?)((?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:ns|us|µs|μs|ms|s|m|h))+\Z")
_PART = regex(r"([0-9]++\.?[0-9]*+|\.[0-9]++)(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
    "m": 60_000_000_000, "h": 3_600_000_000_000,
}  # fmt: skip


def go_duration(text: str) -> int | None:
    """Nanoseconds, or None when `text` is not a duration."""
    if text in ("0", "+0", "-0"):
        return 0
    if not _WHOLE.match(text):
        return None
    total = 0
    for number, unit in _PART.findall(text.lstrip("+-")):
        whole, _, part = number.partition(".")
        total += to_int(whole or "0") * _UNITS[unit]
        part = part[:18]  # more than a nanosecond has
        if part:
            total += int(part) * _UNITS[unit] // 10 ** len(part)
    if text[0] == "-":
        total = -total
    return total if -(2**63) <= total < 2**63 else None


_LOOSE = regex(r"(?<![0-9])([0-9]++)\s*+([A-Za-zµ]++)")
_WORDS = (
    (("ns",), "nano", 1), (("us", "µs"), "micro", 1_000), (("ms",), "milli", 1_000_000),
    (("s",), "sec", 1_000_000_000), (("m",), "min", 60_000_000_000),
    (("h", "hr"), "hour", 3_600_000_000_000), (("d",), "day", 86_400_000_000_000),
    (("w", "wk"), "week", 604_800_000_000_000),
)  # fmt: skip


def loose_duration(text: str) -> int | None:
    """Nanoseconds of a text whose schema format is `duration`: Go's form, or `2 days`."""
    strict = go_duration(text)
    if strict is not None:
        return strict
    total: int | None = None
    for number, unit in _LOOSE.findall(text):
        lower = unit.lower()
        for short, stem, size in _WORDS:
            if lower in short or lower.startswith(stem):
                total = (total or 0) + to_int(number) * size
    return total


_SCHEME = regex(r"([A-Za-z][A-Za-z0-9+.-]*):")
_BAD_ESCAPE = regex(r"%(?![0-9A-Fa-f]{2})")
_USER = regex(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*\Z")
_HOST = regex(r"[^\x00-\x20#/?@\\^`{|}\x7f]*\Z")
_PORT = regex(r"(?::[0-9]*)?\Z")


@record
class Url:
    """The parts of a URL; host with its port, without the user."""

    scheme: str
    host: str
    path: str
    query: str


def _host_holds(host: str) -> bool:
    if not _HOST.match(host):
        return False
    if host.startswith("["):
        inside, closed, port = host.partition("]")
        return bool(closed) and bool(_PORT.match(port)) and "[" not in inside[1:]
    if "[" in host or "]" in host:
        return False
    return host.count(":") == 0 or bool(_PORT.match(host[host.rindex(":") :]))


@lru_cache(maxsize=512)
def parse(text: str) -> Url | None:
    """The parts of `text`, or None when it is not a URL."""
    if not text or any(c < " " or c == "\x7f" for c in text):
        return None
    if text == "*":
        return Url("", "", "*", "")
    found = _SCHEME.match(text)
    scheme, rest = ("", text) if found is None else (found[1].lower(), text[found.end() :])
    if found is None and not text.startswith("/"):
        return None
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        return Url(scheme, "", rest, query)
    host = ""
    if scheme and rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        user, _, host = authority.rpartition("@")
        rest = slash + path
        if not _USER.match(user) or not _host_holds(host):
            return None
    if _BAD_ESCAPE.search(rest) or _BAD_ESCAPE.search(host):
        return None
    return Url(scheme, host, rest, query)


_TIME = regex(r"(\d\d):(\d\d):(\d\d)(?:.\d+)?(?:z|[+-]\d\d:\d\d)\Z", re.ASCII)
_BASE64 = regex(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})\Z")
_EMAIL = regex(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*\Z"
)
_HOSTNAME = regex(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\.?\Z"
)
_UUID = regex(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z", re.I)
_MAC = regex(
    r"(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4,18}[0-9a-f]{2}\Z|(?:[0-9a-f]{4}\.){2,9}[0-9a-f]{4}\Z",
    re.I,
)


def is_date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    import datetime

    try:
        datetime.date.fromisoformat(text if text[:4] != "0000" else "2000" + text[4:])
    except ValueError:
        return False
    return True


def is_date_time(text: str) -> bool:
    date, separator, rest = text.lower().partition("t")
    if not separator or not is_date(date):
        return False
    found = _TIME.match(rest.partition("t")[0])
    if found is None:
        return False
    return found[1] <= "23" and found[2] <= "59" and found[3] <= "59"


def _go_address(text: str) -> str:
    """Go takes leading zeros in dotted numbers, Python does not."""
    if ":" in text:
        return text
    return ".".join(part.lstrip("0") or "0" if part.isdigit() else part for part in text.split("."))


def is_ip(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(_go_address(text))
    except ValueError:
        return False
    return "%" not in text


def is_cidr(text: str) -> bool:
    address, slash, size = text.partition("/")
    if not slash or not is_ip(address) or not re.fullmatch(r"[0-9]{1,3}", size):
        return False
    return int(size) <= (128 if ":" in address else 32)


def _hostname(text: str) -> bool:
    return (
        len(text) <= 255
        and bool(_HOSTNAME.match(text))
        and all(len(part) <= 63 for part in text.split("."))
    )


def _matcher(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.match(text) is not None


CHECKS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "byte": ("base64 text", _matcher(_BASE64)),
    "cidr": ("an address range such as 10.0.0.0/8", is_cidr),
    "date": ("a date such as 2026-01-31", is_date),
    "datetime": ("a time such as 2026-01-31T12:00:00Z", is_date_time),
    "duration": (
        "a duration such as 30s or 1h30m", lambda text: loose_duration(text) is not None,
    ),
    "email": ("an e-mail address", _matcher(_EMAIL)),
    "hostname": ("a host name", _hostname),
    "ipv4": ("an IPv4 address", lambda text: "." in text and is_ip(text)),
    "ipv6": ("an IPv6 address", lambda text: ":" in text and is_ip(text)),
    "k8slongname": ("a DNS name in lower case", lambda text: not syntax.dns_subdomain(text)),
    "k8sshortname": ("a DNS label in lower case", lambda text: not syntax.dns_label(text)),
    "mac": ("a hardware address", _matcher(_MAC)),
    "uri": ("an absolute URI", lambda text: parse(text) is not None),
    "uuid": ("a UUID", _matcher(_UUID)),
}  # fmt: skip
# Formats that JSON Schema validators check by themselves and the server does not.
_UNCHECKED = (
    "binary", "double", "float", "idn-email", "idn-hostname", "int32", "int64", "iri",
    "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time", "uri-reference",
    "uri-template", "password",
)  # fmt: skip


def described(name: str) -> str:
    """What a value of this format looks like."""
    entry = CHECKS.get(name.replace("-", ""))
    return entry[0] if entry else f"of format {name}"


@lru_cache(maxsize=1)
def checkers() -> dict[str, Callable[[str], bool]]:
    """Every format by the names that definitions use."""
    found: dict[str, Callable[[str], bool]] = dict.fromkeys(_UNCHECKED, _anything)
    for name, (_, check) in CHECKS.items():
        found[name] = check
    for name, plain in (
        ("date-time", "datetime"), ("k8s-long-name", "k8slongname"),
        ("k8s-short-name", "k8sshortname"),
    ):  # fmt: skip
        found[name] = CHECKS[plain][1]
    return found


def _anything(text: str) -> bool:
    return True
