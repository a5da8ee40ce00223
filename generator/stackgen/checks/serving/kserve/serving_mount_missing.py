"""A mount of a volume that does not exist."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, services
from stackgen.facts.containers import containers
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Violations, violation

_MADE = ("kserve-provision-location", "kserve-pvc-source")


def check(context: Context) -> Violations:
    """Judged on the merged view, mounts of the user's only."""
    for service in services(context):
        for part in service.parts():
            if service.whole:
                yield from _missing(part)


def _missing(part: Part) -> Violations:
    there = {text(v.get("name")) for _, v in maps(part.merged.get("volumes"))}
    for path, container in containers(part.own):
        for j, mount in maps(container.get("volumeMounts")):
            name = mount.get("name")
            if isinstance(name, str) and name not in there and name not in _MADE:
                yield violation(
                    f"there is no volume {name}",
                    part.place(*path, "volumeMounts", j, "name"),
                )
