"""Findings that point to the field of stack.yaml that is to be changed.

What a value was made of and what changes it may differ: the image of a server follows from the
accelerator of its node pool, and `image` of the model replaces it. The page of a rule names such a
field in its front matter.
"""

from __future__ import annotations

from dataclasses import replace

from stackgen.checks.context import Context, spec_place
from stackgen.findings.model import Finding, Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.origin import leaves_of
from stackgen.spec.load import Loaded

ITEM = "[]"


def at_field(finding: Finding, context: object) -> Finding:
    """The finding, with the field of its rule as the place of each object without a note."""
    if not isinstance(context, Context) or context.loaded is None:
        return finding
    loaded, name = context.loaded, finding.rule.field
    places = [place if place.note else _placed(place, name, loaded) for place in finding.places]
    return replace(finding, places=tuple(places))


def _placed(place: Place, name: str, loaded: Loaded) -> Place:
    if place.resource is None or place.resource.document is not None:
        return place
    path = _path(name, place.resource)
    if not path:
        return place
    if path not in loaded.nodes and isinstance(path[-2], int):  # an item is known by its name
        path = (*path[:-1], "name")
    return replace(place, field=spec_place(loaded, path, key=path not in loaded.nodes))


def _path(field: str, resource: Resource) -> Path:
    """The path of a field, with the item of each list that the object was rendered from."""
    path: Path = ()
    for step in field.split("."):
        path = (*path, step.removesuffix(ITEM))
        if step.endswith(ITEM):
            number = _item(path, resource)
            if number is None:
                return ()
            path = (*path, number)
    return path


def _item(path: Path, resource: Resource) -> int | None:
    """The item of a list of the spec that the object was rendered from; None for several."""
    depth = len(path)
    found = {
        leaf.path[depth]
        for leaf in leaves_of(resource.origins.values())
        if leaf.kind == "spec" and leaf.path[:depth] == path and len(leaf.path) > depth
    }
    number = next(iter(found)) if len(found) == 1 else None
    return number if isinstance(number, int) else None
