"""A RayCluster whose groups do not fit together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, at, maps, number, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_CLUSTERS = (
    ("RayCluster", ("spec",)),
    ("RayService", ("spec", "rayClusterConfig")),
    ("RayJob", ("spec", "rayClusterSpec")),
)
_VERSION = regex(r"rayproject/ray(?:-ml|-llm)?:(\d+\.\d+\.\d+)")


def check(context: Context) -> Violations:
    """Values that the shell of `ray start` takes apart, and versions of Ray that differ."""
    for kind, base in _CLUSTERS:
        for resource in context.bundle.of_kind(kind, "ray.io"):
            groups = list(_groups(resource, base))
            for path, group in groups:
                yield from _resources(resource, path, group)
                yield from _replicas(resource, path, group)
            yield from _versions(resource, base, groups)


def _groups(resource: Resource, base: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    head = as_dict(resource.get(*base, "headGroupSpec"))
    if head:
        yield (*base, "headGroupSpec"), head
    for i, group in maps(resource.get(*base, "workerGroupSpecs")):
        yield (*base, "workerGroupSpecs", i), group


def _resources(resource: Resource, path: Path, group: dict[str, Any]) -> Violations:
    """KubeRay writes the value into a command of a shell, so that it has to be quoted itself."""
    value = text(at(group, "rayStartParams", "resources")).strip()
    if value.startswith("{"):
        yield violation(
            "rayStartParams.resources is not quoted, and the shell of ray start splits it",
            Place(resource, (*path, "rayStartParams", "resources")),
        )
    elif value[:1] in "'\"" and value and not _is_json(value[1:-1].replace('\\"', '"')):
        yield violation(
            "rayStartParams.resources is not JSON within its quotes",
            Place(resource, (*path, "rayStartParams", "resources")),
        )


def _is_json(value: str) -> bool:
    try:
        return isinstance(json.loads(value), dict)
    except (ValueError, RecursionError):
        return False


def _replicas(resource: Resource, path: Path, group: dict[str, Any]) -> Violations:
    least, most = number(group.get("minReplicas")), number(group.get("maxReplicas"))
    wanted = number(group.get("replicas"))
    if least is not None and most is not None and least > most:
        yield violation(
            f"minReplicas {least} is larger than maxReplicas {most}",
            Place(resource, (*path, "minReplicas")),
        )
    elif wanted is not None and most is not None and wanted > most:
        yield violation(
            f"replicas is {wanted}; KubeRay starts {most} (maxReplicas)",
            Place(resource, (*path, "replicas")),
        )


def _versions(
    resource: Resource, base: Path, groups: list[tuple[Path, dict[str, Any]]]
) -> Violations:
    """Head and workers of different versions do not connect."""
    said = text(resource.get(*base, "rayVersion"))
    first = ""
    for path, group in groups:
        for i, container in maps(at(group, "template", "spec", "containers")):
            found = _VERSION.search(text(container.get("image")))
            if i or found is None:
                continue
            first = first or found[1]
            place = Place(resource, (*path, "template", "spec", "containers", i, "image"))
            if found[1] != first:
                yield violation(f"Ray is {found[1]} here and {first} in the head", place)
            elif said and said != found[1] and group is groups[0][1]:
                yield violation(
                    f"rayVersion is {said}; the image has Ray {found[1]}",
                    Place(resource, (*base, "rayVersion")),
                    place,
                    severity=Severity.WARNING,
                    impact="KubeRay takes rayVersion for the version that runs, and chooses what "
                    "it configures by it.",
                    remedy="Set rayVersion to the version of the images.",
                )
