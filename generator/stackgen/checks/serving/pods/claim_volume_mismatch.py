"""A claim and the volume that is made for it, which do not bind."""

from __future__ import annotations

import os
from collections.abc import Iterator

from stackgen.checks.composed import in_one_set, together
from stackgen.checks.context import Context
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, as_list, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_CLASS: Path = ("spec", "storageClassName")
_SIZE: Path = ("spec", "resources", "requests", "storage")


def check(context: Context) -> Violations:
    """One finding for each difference of a claim and the volume that it names, or that names it."""
    volumes = list(context.bundle.of_kind("PersistentVolume", ""))
    claims = list(context.bundle.of_kind("PersistentVolumeClaim", "")) if volumes else []
    told: set[int] = set()
    for claim in claims:
        name = text(claim.get("spec", "volumeName"))
        volume = _beside(claim, [one for one in volumes if name and one.name == name])
        if volume is None or not plain(name):
            continue
        told.add(id(claim))
        yield from _other_claim(context, claim, volume)
        yield from _differences(claim, volume)
    for volume in volumes:
        wanted = as_dict(volume.get("spec", "claimRef"))
        meant = [
            one
            for one in claims
            if one.name == wanted.get("name") and one.namespace == wanted.get("namespace")
        ]
        found = _beside(volume, meant) if wanted else None
        if found is not None and id(found) not in told and not found.get("spec", "volumeName"):
            yield from _differences(found, volume)


def _beside(one: Resource, others: list[Resource]) -> Resource | None:
    """The only one, or the only one of the same folder: environments often use one name."""
    here = [x for x in others if os.path.dirname(x.file) == os.path.dirname(one.file)]
    found = here or others
    return found[0] if len(found) == 1 else None


def _other_claim(context: Context, claim: Resource, volume: Resource) -> Violations:
    """The volume is reserved for a claim of a different name or namespace."""
    wanted = as_dict(volume.get("spec", "claimRef"))
    name, space = text(wanted.get("name")), text(wanted.get("namespace"))
    if name and plain(name) and name != claim.name:
        yield violation(
            f"PersistentVolume {volume.name} is reserved for claim {name}, not {claim.name}",
            Place(volume, ("spec", "claimRef", "name")),
            Place(claim, ("spec", "volumeName")),
        )
        return
    own = claim.namespace or _placed(context, claim)
    if space and own and plain(space) and plain(own) and space != own:
        yield violation(
            f"PersistentVolume {volume.name} is reserved for a claim of namespace {space}, and "
            f"claim {claim.name} is in namespace {own}",
            Place(volume, ("spec", "claimRef", "namespace")),
            Place(claim, ("spec", "volumeName")),
            severity=None if claim.namespace else Severity.WARNING,
        )


def _placed(context: Context, claim: Resource) -> str:
    """The namespace that the kustomizations of the claim set, if all that set one agree."""
    world = together(context, claim)
    if world is None or not world.placed:
        return ""
    given = {
        text(index.get("namespace"))
        for index in context.bundle.resources
        if index.index and in_one_set(context, claim, index) and index.get("namespace")
    }
    return given.pop() if len(given) == 1 else ""


def _differences(claim: Resource, volume: Resource) -> Violations:
    for path, said, severity in _wrong(claim, volume):
        yield violation(
            f"PersistentVolume {volume.name} {said}",
            Place(claim, path, key=claim.get(*path) is None),
            Place(volume, ("spec",)),
            severity=severity,
        )


def _wrong(claim: Resource, volume: Resource) -> Iterator[tuple[Path, str, Severity | None]]:
    given, has = claim.get(*_CLASS), text(volume.get(*_CLASS))
    if given is None and not has and claim.get("spec", "volumeName"):
        said = "has no StorageClass, and the claim without storageClassName gets the default class"
        yield _CLASS, said, Severity.WARNING
    elif given is not None and text(given) != has and plain(text(given)) and plain(has):
        words = [f"StorageClass {one}" if one else "no StorageClass" for one in (has, text(given))]
        yield _CLASS, f"has {words[0]}, and the claim requests {words[1]}", None
    modes = [text(one) for one in as_list(claim.get("spec", "accessModes"))]
    offered = [text(one) for one in as_list(volume.get("spec", "accessModes"))]
    missing = [one for one in modes if one not in offered]
    if missing and offered:
        said = f"has the access modes {', '.join(offered)}, and the claim requests {missing[0]}"
        yield ("spec", "accessModes"), said, None
    size, capacity = number(claim.get(*_SIZE)), number(volume.get("spec", "capacity", "storage"))
    if size is not None and capacity is not None and size > capacity:
        shown = volume.get("spec", "capacity", "storage")
        yield _SIZE, f"has {shown}, and the claim requests {claim.get(*_SIZE)}", None
