"""URLs as the server reads them: an absolute URI or an absolute path, as in an HTTP request."""

from __future__ import annotations

import re
from functools import lru_cache

from stackgen.record import record

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*\Z")
_HOST = re.compile(r"[^\x00-\x20#/?@\\^`{|}\x7f]*\Z")
_PORT = re.compile(r"(?::[0-9]*)?\Z")


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
    """The parts of `text`, or None when it is no URL."""
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
