"""What a field of an object is in the end, after the kustomizations of the input."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.gitops.kustomization_unmatched import Folder, Made, folders
from stackgen.checks.gitops.patches import UNKNOWN
from stackgen.facts.application_sets import sources
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record

_FLUX = "kustomize.toolkit.fluxcd.io"
# An object by where it is written: a part of the input has the same objects once more.
Key = tuple[str, int, Path]


@record
class Root:
    """What a kustomization that no other one contains makes. steps: of all below it."""

    folder: Folder
    made: Mapping[Key, Made]


def roots_of(context: Context, resource: Resource) -> tuple[Root | None, ...]:
    """The topmost kustomizations that have an object; only None if none has it."""
    found = context.once(topmost)
    return tuple(root for root in found if key_of(resource) in root.made) or (None,)


def value_in(context: Context, root: Root | None, resource: Resource, path: Path) -> Any:
    """The value of a field in the end: None if it is not there, UNKNOWN if that is not known."""
    if context.once(_flux_patches) and path and str(path[-1]) in context.once(_flux_patches):
        return UNKNOWN
    if root is None:
        return resource.get(*path)
    made = root.made.get(key_of(resource))
    return resource.get(*path) if made is None else _at(made.data, path)


def place_of(context: Context, resource: Resource, path: Path, value: Any) -> Place:
    """Where a field gets its value: in the object, or in what changes it to that value."""
    if resource.get(*path) != value:
        for folder in context.once(folders):
            for made, steps in folder.steps:
                for patch, data in steps if key_of(made.resource) == key_of(resource) else ():
                    if _at(data, path) != value:
                        continue
                    written = isinstance(patch.data, dict) and _at(patch.data, path) == value
                    return patch.place(*path) if written else patch.place()
            for i, entry in maps(folder.index.get("replicas")) if folder.index else ():
                own = path[-1:] == ("replicas",) and entry.get("name") == resource.name
                if own and entry.get("count") == value:
                    return Place(folder.index, ("replicas", i, "count"))
    return Place(resource, path)


def finals(context: Context, resource: Resource, path: Path) -> tuple[tuple[Any, Place], ...]:
    """The values of a field in the end, each with its place; without those that are not known."""
    found: list[Any] = []
    for root in roots_of(context, resource):
        value = value_in(context, root, resource, path)
        if value is not UNKNOWN and value not in found:
            found.append(value)
    return tuple((value, place_of(context, resource, path, value)) for value in found)


def key_of(resource: Resource) -> Key:
    """What makes an object of a part of the input the same as one of the whole."""
    index = resource.document.index if resource.document is not None else -1
    return resource.file, index, resource.base


def is_final(context: Context, resource: Resource, path: Path) -> bool:
    """Whether all that kustomizations of the input make of an object keeps a value of its file."""
    roots, value = roots_of(context, resource), resource.get(*path)
    return None not in roots and all(
        value_in(context, root, resource, path) == value for root in roots
    )


def final_objects(context: Context, resource: Resource) -> tuple[Any, ...]:
    """What each topmost kustomization makes of an object; nothing if one of them is not followed.

    Labels that a kustomization adds are not in the data.
    """
    roots = roots_of(context, resource)
    made = [root.made[key_of(resource)] for root in roots if root is not None]
    late = context.once(late_patches)
    known = len(made) == len(roots) and not late and all(is_known(one.data) for one in made)
    return tuple(one.data for one in made) if known else ()


def delivered_objects(context: Context, resource: Resource) -> tuple[Any, ...]:
    """What the kustomizations make of an object that deliveries of the input name by their path.

    Those of other environments, which another repository or cluster delivers, are left out.
    """
    if context.once(late_patches):
        return ()
    key = key_of(resource)
    roots = [root for root in roots_of(context, resource) if root is not None]
    named = [x for x in roots if x.folder.index is not None and is_named(context, x.folder.index)]
    return tuple(x.made[key].data for x in named if is_known(x.made[key].data))


def is_named(context: Context, index: Resource) -> bool:
    """Whether the path of a delivery is the folder of a kustomization.

    The input may be a part of the repository, or have more folders above it.
    """
    folder = os.path.dirname(os.path.normpath(index.file))
    return any(
        f"/{folder}".endswith(f"/{path}") or f"/{path}".endswith(f"/{folder}")
        for path in delivery_paths(context)
        if folder and path != "."
    )


def delivery_paths(context: Context) -> frozenset[str]:
    """The paths that deliveries of the input name."""
    return context.once(_paths)


def _paths(context: Context) -> frozenset[str]:
    bundle = context.bundle.part_of or context.bundle
    given = [one.get("spec", "path") for one in bundle.of_kind("Kustomization", _FLUX)]
    for one in bundle.of_kind("Application", "argoproj.io"):
        given += [source.get("path") for _, source in sources(as_dict(one.get("spec")), ())]
    return frozenset(os.path.normpath(str(path).strip("/")) for path in given if path)


def is_known(value: Any) -> bool:
    """Whether patches left nothing unknown in a value."""
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    return all(map(is_known, value)) if isinstance(value, list) else value is not UNKNOWN


def late_patches(context: Context) -> bool:
    """Whether Flux or Argo CD patch what they apply."""
    steps = (one.get("spec") for one in context.bundle.of_kind("Kustomization", _FLUX))
    flux = any({"patches", "components"} & {*as_dict(spec)} for spec in steps)
    return flux or any(
        "'kustomize'" in str(one.get("spec"))
        for kind in ("Application", "ApplicationSet")
        for one in context.bundle.of_kind(kind, "argoproj.io")
    )


def _at(data: Any, path: Path) -> Any:
    for step in path:
        if data is UNKNOWN:
            return UNKNOWN
        if isinstance(data, dict):
            data = data.get(str(step))
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def topmost(context: Context) -> tuple[Root, ...]:
    """The kustomizations that no other one of the input contains."""
    return tuple(
        Root(folder, {key_of(made.resource): made for made in folder.made})
        for folder in context.once(folders)
        if folder.top
    )


def _flux_patches(context: Context) -> str:
    """What Kustomizations of Flux patch in all that they apply, as one text."""
    steps = context.bundle.of_kind("Kustomization", _FLUX)
    return "".join(str(one.get("spec", "patches") or "") for one in steps)
