"""A reference of a custom resource to an object that Kustomize renames."""

from __future__ import annotations

import os

from stackgen.checks.composed import Together, together
from stackgen.checks.context import Context
from stackgen.checks.gitops.patches import Patch, patches, selects
from stackgen.checks.serving.chain import applied_to
from stackgen.escape import visible
from stackgen.facts.object_references import made_from, of_object, table
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

# With these, a reference may be changed all the same.
_CHANGES = ("replacements", "configurations", "vars", "components")
_Named = tuple[str, str, str]


def check(context: Context) -> Violations:
    """One finding for each reference."""
    objects: dict[_Named, list[Resource]] | None = None
    given: dict[frozenset[str], list[Patch] | None] = {}
    for one in context.bundle.objects:
        world = together(context, one)
        if one.group in table()["renamed"] or world is None:
            continue
        if world.brings or ("", "") in world.affixes or not world.affixes:
            continue
        objects = objects or _objects(context)
        for ref in of_object(one):
            if ref.kind in table()["cluster"]:
                continue
            named = objects.get((ref.kind, applied_to(ref.namespace), ref.name), [])
            renamed = named and all(_renamed(context, it, ref.kind, world) for it in named)
            if renamed and world.folders not in given:
                given[world.folders] = _patches(context, world)
            if renamed and not _changed(one, given[world.folders]):
                before, after = min(world.affixes)
                yield violation(
                    f"Kustomize renames {ref.kind} {visible(ref.name)} to "
                    f"{visible(before + ref.name + after)}, and does not change this reference",
                    Place(one, ref.path),
                    Place(named[0], ("metadata", "name"), note="is renamed"),
                )


def _objects(context: Context) -> dict[_Named, list[Resource]]:
    """What provides each name: the object, or one of which a controller makes it."""
    found: dict[_Named, list[Resource]] = {}
    for one in context.bundle.objects:
        found.setdefault((one.kind, applied_to(one.namespace), one.name), []).append(one)
        for made in made_from(one):
            found.setdefault((made.kind, applied_to(made.namespace), made.name), []).append(one)
    return found


def _renamed(context: Context, one: Resource, kind: str, world: Together) -> bool:
    """Whether the same kustomizations rename the object. What a controller makes is not renamed."""
    own = together(context, one)
    return one.kind == kind and own is not None and own.affixes == world.affixes


def _changed(one: Resource, given: list[Patch] | None) -> bool:
    """Whether a patch may change the reference. given: the patches; None if they are not all."""
    names, spaces = frozenset({one.name}), frozenset({one.namespace, ""})
    return given is None or any(selects(it, one, names, spaces) is not False for it in given)


def _patches(context: Context, world: Together) -> list[Patch] | None:
    """The patches of all kustomizations of a world; None if something else may change names."""
    found: list[Patch] = []
    for index in context.bundle.resources:
        if index.index and os.path.dirname(index.file) in world.folders:
            if any(index.get(word) for word in _CHANGES):
                return None
            found += patches(index, context.bundle.patches)
    return found
