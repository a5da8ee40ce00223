"""A container without an image, after the merge."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import SERVICE_PODS
from stackgen.checks.serving.view import Service, view
from stackgen.facts.shape import as_dict, maps, named, text
from stackgen.findings.model import Violation, Violations, violation
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path
from stackgen.platforms.kserve.release import Controller

RULE = rule_named(__name__)


def check(context: Context) -> Violations:
    """Containers of the user's; where a config is not in the input it may bring the image."""
    seen = view(context)
    for service in seen.services:
        for path in SERVICE_PODS if service.whole else ():
            own: object = service.spec
            for step in path:
                own = as_dict(own).get(str(step))
            for section in ("initContainers", "containers"):
                for i, container in maps(as_dict(own).get(section)):
                    name = text(container.get("name"))
                    # KServe makes the storage initializer itself.
                    if name and name != "storage-initializer":
                        yield from seen.in_releases(RULE, _missing, service, path, section, i, name)


def _missing(
    service: Service, path: Path, section: str, i: int, name: str, release: Controller
) -> Violation | None:
    merged: object = service.expanded(release).effective.spec
    for step in path:
        merged = as_dict(merged).get(str(step))
    container = named(as_dict(merged).get(section), name)
    if container is None or container[1].get("image"):
        return None
    return violation(
        f"container {name} has no image, and no preset of {release.name} has this container",
        service.place("spec", *path, section, i, "name"),
    )
