"""Addresses of Services in the commands and variables of containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.digits import to_int
from stackgen.facts.containers import texts
from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.regex import regex

# The name of a Service, perhaps its namespace and the domain of the cluster, and a port.
_ADDRESS = regex(
    r"\b(?P<scheme>[a-z][a-z0-9+]*)://(?:[^\s/@\"']+@)?(?P<name>[a-z0-9][a-z0-9-]*)"
    r"(?:\.(?P<namespace>[a-z0-9][a-z0-9-]*)(?P<domain>\.svc(?:\.cluster\.local)?\.?)?)?"
    r"(?::(?P<port>\d{1,5}))?(?=[/\s\"',;?)]|\Z)"
)
# The value of a variable that is the name of a host, perhaps that of a Pod of a StatefulSet.
_HOST = regex(
    r"(?:[a-z][a-z0-9+]*://)?(?:(?P<pod>[a-z0-9][a-z0-9-]*-\d+)\.)?(?P<name>[a-z0-9][a-z0-9-]*)"
    r"\.(?P<namespace>[a-z0-9][a-z0-9-]*)\.svc(?:\.cluster\.local)?\.?(?::(?P<port>\d{1,5}))?(?:/\S*)?\Z"
)
# The value of a variable that is a host and a port, without a scheme.
_HOST_PORT = regex(
    r"(?P<name>[a-z][a-z0-9-]*)(?:\.(?P<namespace>[a-z0-9][a-z0-9-]*))?:(?P<port>\d{4,5})\Z"
)
_PORTS = {"http": 80, "https": 443, "grpc": 80, "redis": 6379, "postgres": 5432, "postgresql": 5432}


@record
class ServiceAddress:
    """One address. namespace: "" where it names none. certain: it can only be of a Service.

    port: 0 where it is not known. path: of the text. given: the port stands in the address. rest:
    what follows in the text, such as the path of a URL. scheme: "" where there is none.
    """

    name: str
    namespace: str
    port: int
    certain: bool
    given: bool
    path: Path
    rest: str = ""
    scheme: str = ""

    @property
    def whole(self) -> bool:
        """Whether the port is known: it is given, or a path follows, so that no port does."""
        return self.given or bool(self.rest.startswith("/") and self.rest.strip("/\"'"))


def addresses_of(spec: Mapping[str, Any]) -> Iterator[ServiceAddress]:
    """The addresses in a Pod spec that may be of a Service, with a port."""
    for path, written in texts(spec):
        yield from addresses_in(written, path)


def addresses_in(written: str, path: Path) -> Iterator[ServiceAddress]:
    """The same of one text, which stands at `path`."""
    host = _HOST.match(written)
    if host is not None and (host["pod"] or "://" not in written):
        at = to_int(host["port"]) if host["port"] else None
        yield ServiceAddress(host["name"], host["namespace"], at or 0, True, bool(at), path)
        return
    for found in _ADDRESS.finditer(written):
        given = found["port"]
        port = to_int(given) if given else _PORTS.get(found["scheme"])
        if port is not None:
            space, domain = found["namespace"] or "", bool(found["domain"])
            rest = written[found.end() :].partition(" ")[0]
            yield ServiceAddress(
                found["name"], space, port, domain, bool(given), path, rest, found["scheme"]
            )


def host_ports(spec: Mapping[str, Any]) -> Iterator[ServiceAddress]:
    """The variables of a Pod spec that may be a Service and a port: no names of images."""
    for path, written in texts(spec):
        found = _HOST_PORT.match(written) if "env" in path else None
        if found is not None:
            space, port = found["namespace"] or "", to_int(found["port"]) or 0
            yield ServiceAddress(found["name"], space, port, False, True, path)
