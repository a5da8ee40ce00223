"""The Services to which scripts forward a port."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain
from stackgen.facts.shape import as_list, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource


def forwarded(context: Context, links: Chain) -> Iterator[tuple[Resource, ApiObject]]:
    """Each command, and its Service of the input."""
    for command in context.bundle.outside:
        if command.kind != "Forward":
            continue
        space = text(command.get("spec", "namespace"))
        here = [one for one in links.of("Service", "") if one.name == command.name]
        if space and plain(space):
            here = [one for one in here if one.namespace in (space, "")]
        if len(here) == 1:
            yield command, here[0]


def unknown_ports(context: Context, links: Chain) -> Violations:
    """Ports that the Service does not have."""
    for command, service in forwarded(context, links):
        known = [one.get("port") for _, one in maps(service.get("spec", "ports"))]
        for i, pair in enumerate(as_list(command.get("spec", "ports"))):
            port = text(pair).rpartition(":")[2]
            if known and all(isinstance(one, int) for one in known) and int(port) not in known:
                yield violation(
                    f"Service {service.name} has no port {port}; it has "
                    f"{', '.join(map(str, known))}",
                    Place(command, ("spec", "ports", i)),
                    service.place("spec", "ports", key=True, note="its ports"),
                    severity=Severity.WARNING,
                )
