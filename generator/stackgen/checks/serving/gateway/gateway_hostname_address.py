"""A host name of a listener or route that is an address."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API
from stackgen.facts.shape import as_list, maps, plain
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_WITH_LISTENERS = ("Gateway", "ListenerSet")


def check(context: Context) -> Violations:
    """One finding for each host name that ends in a number, as addresses do and names do not."""
    for resource in context.bundle.objects:
        if resource.group != GATEWAY_API:
            continue
        for path, name in _hostnames(resource):
            if _address(name):
                yield violation(
                    f"hostname {name} of {resource.kind} {resource.name} is an IP address",
                    Place(resource, path),
                )


def _hostnames(resource: Resource) -> Iterator[tuple[Path, str]]:
    found: list[tuple[Path, object]]
    if resource.kind in _WITH_LISTENERS:
        listeners = maps(resource.get("spec", "listeners"))
        found = [
            (("spec", "listeners", i, "hostname"), one.get("hostname")) for i, one in listeners
        ]
    else:
        names = as_list(resource.get("spec", "hostnames"))
        found = [(("spec", "hostnames", i), name) for i, name in enumerate(names)]
    for path, name in found:
        if isinstance(name, str) and plain(name):
            yield path, name


def _address(name: str) -> bool:
    """No top-level domain is a number (RFC 3696, section 2), so this is no name."""
    return ":" in name or name.rpartition(".")[2].isdecimal()
