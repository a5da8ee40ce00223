"""Two Services with the same node port or the same cluster address."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.composed import in_one_set, together
from stackgen.checks.context import Context
from stackgen.facts.shape import maps, number, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_NONE = ("", "None")


def check(context: Context) -> Violations:
    """One finding for each second Service. Samples in several folders are alternatives."""
    taken: dict[tuple[str, ...], list[tuple[Resource, Path]]] = {}
    for service in context.bundle.of_kind("Service", ""):
        for key, path in _numbers(service):
            before = taken.setdefault(key, [])
            other = next((one for one in before if _together(context, one[0], service)), None)
            if other is not None:
                what = "nodePort" if key[0] == "port" else "clusterIP"
                yield violation(
                    f"Service {other[0].name} has the {what} {key[1]}, too",
                    Place(service, path),
                    Place(other[0], other[1], note="taken here"),
                    # Files of one folder may be alternatives.
                    severity=None if _certain(context, other[0], service) else Severity.WARNING,
                )
            before.append((service, path))


def _numbers(service: Resource) -> Iterator[tuple[tuple[str, ...], Path]]:
    address = text(service.get("spec", "clusterIP"))
    if address not in _NONE:
        yield ("address", address), ("spec", "clusterIP")
    for i, port in maps(service.get("spec", "ports")):
        wanted = number(port.get("nodePort"))
        if wanted:
            protocol = text(port.get("protocol")) or "TCP"
            yield ("port", str(wanted), protocol), ("spec", "ports", i, "nodePort")


def _certain(context: Context, one: Resource, other: Resource) -> bool:
    return one.file == other.file or together(context, one) is not None


def _together(context: Context, one: Resource, other: Resource) -> bool:
    """Whether both are applied, and are two Services."""
    names = {(r.namespace, r.name) for r in (one, other)}
    return len(names) == 2 and in_one_set(context, one, other)
