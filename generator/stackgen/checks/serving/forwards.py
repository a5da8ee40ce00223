"""The Services and workloads to which scripts forward a port."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain
from stackgen.checks.serving.monitors import listened
from stackgen.facts.shape import as_list, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource


def forwarded(context: Context, links: Chain) -> Iterator[tuple[Resource, ApiObject]]:
    """Each command, and its Service of the input."""
    for command in context.bundle.outside:
        if command.kind != "Forward" or command.get("spec", "kind") != "Service":
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
    yield from _of_workloads(context, links)


def _of_workloads(context: Context, links: Chain) -> Violations:
    """Ports on which no container of a Deployment or StatefulSet listens."""
    for command in context.bundle.outside:
        kind, space = text(command.get("spec", "kind")), text(command.get("spec", "namespace"))
        if command.kind != "Forward" or kind == "Service" or not plain(space):
            continue
        named = [
            one
            for here in links.pods.values()
            for one in here
            if (one.owner.kind, one.owner.name) == (kind, command.name)
            and (not space or one.owner.namespace in (space, ""))
        ]
        known = listened(named[0]) if len(named) == 1 else set()
        for i, pair in enumerate(as_list(command.get("spec", "ports"))):
            port = text(pair).rpartition(":")[2]
            if known and int(port) not in known:
                yield violation(
                    f"no container of {kind} {command.name} listens on port {port}; it listens on "
                    f"{', '.join(map(str, sorted(known)))}",
                    Place(command, ("spec", "ports", i)),
                    named[0].owner.place("metadata", "name", note="the Pods"),
                    severity=Severity.WARNING,
                )
