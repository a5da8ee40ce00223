"""The objects of a set as the patches of its kustomizations leave them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.gitops.kustomization_unmatched import Folder, Made, entries, folders
from stackgen.checks.gitops.overlays import (
    Key,
    Root,
    delivery_paths,
    is_known,
    is_named,
    key_of,
    late_patches,
    topmost,
)
from stackgen.checks.gitops.patches import Patch, operations
from stackgen.facts.shape import as_dict, at, maps, text, texts
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record

# Overlays of the same objects, each of which is checked alone.
_MOST = 4
# What Kustomize changes in these besides the namespace is not followed.
_CHANGED_MORE = {"Namespace", "RoleBinding", "ClusterRoleBinding"}
_MERGE_KEYS = ("name", "mountPath", "containerPort")


@record
class Tree:
    """A topmost kustomization: it and those that it has, and the patches of objects in order."""

    indexes: list[Resource]
    patches: Mapping[Key, list[Patch]]


def patched_sets(context: Context) -> list[Bundle]:
    """The set with its patched objects; once for each overlay that patches an object differently.

    What a patch deletes is not there. An object stays as it is written where not all of what
    Kustomize makes of it is known.
    """
    bundle = context.bundle
    files = {one.file for one in bundle.resources if one.index}
    by_path = {os.path.dirname(x.index.file): x for x in context.once(folders) if x.index}
    roots = [x for x in context.once(topmost) if x.folder.index and x.folder.index.file in files]
    trees = {id(root): _tree(root, by_path) for root in roots}
    if delivery_paths(context):
        roots = [root for root in roots if not _is_elsewhere(context, trees[id(root)])]
    if not roots or context.once(late_patches):
        return [bundle]
    own = {key_of(one): one for one in bundle.objects}
    made: dict[Key, list[tuple[Root, Made]]] = {}
    for root in roots:
        for key, one in root.made.items():
            if key in own:
                made.setdefault(key, []).append((root, one))
    changed = {
        key: x for key, x in made.items() if any(one.data != one.resource.data for _, one in x)
    }
    if not changed:
        return [bundle]
    differ = {key: found for key, found in changed.items() if _differ([x for _, x in found])}
    apart = list({id(root): root for found in differ.values() for root, _ in found}.values())
    if len(apart) > _MOST:
        apart, changed = [], {key: x for key, x in changed.items() if key not in differ}
    sets = []
    for chosen in apart or roots[:1]:
        new: dict[int, Resource | None] = {}
        for key, found in changed.items():
            root, one = next((x for x in found if x[0] is chosen), found[0])
            given = trees[id(root)].patches.get(key, [])
            if any(as_dict(patch.data).get("$patch") == "delete" for patch in given):
                new[id(own[key])] = None
            elif _is_patched(one):
                new[id(own[key])] = _as_made(own[key], one, given, trees[id(root)].indexes)
        resources = (new.get(id(one), one) for one in bundle.resources)
        kept = tuple(one for one in resources if one is not None)
        sets.append(replace(bundle, resources=kept, part_of=bundle.part_of or bundle))
    return sets


def _is_patched(made: Made) -> bool:
    """Whether patches change an object, and all that they make of it is known."""
    data = made.data
    same = data is made.resource.data or data == made.resource.data
    named = isinstance(data, dict) and as_dict(data.get("metadata")).get("name")
    return not same and is_known(data) and named == made.resource.name


def _differ(several: Sequence[Made]) -> bool:
    first = several[0].data
    return any(one.data is not first and one.data != first for one in several[1:])


def _below(root: Root, by_path: Mapping[str, Folder]) -> list[Folder]:
    """The kustomization and those that it has, each before what it has."""
    found: dict[str, Folder] = {}
    left = [root.folder]
    while left:
        folder = left.pop()
        here = os.path.dirname(folder.index.file) if folder.index is not None else ""
        if folder.index is None or here in found:
            continue
        found[here] = folder
        inner = (os.path.normpath(os.path.join(here, entry)) for entry in entries(folder.index))
        left += [by_path[path] for path in inner if path in by_path]
    return [*found.values()]


def _tree(root: Root, by_path: Mapping[str, Folder]) -> Tree:
    below = _below(root, by_path)
    patches: dict[Key, list[Patch]] = {}
    for folder in reversed(below):
        for before, steps in folder.steps:
            given = patches.setdefault(key_of(before.resource), [])
            given += (patch for patch, _ in steps)
    return Tree([x.index for x in below if x.index is not None], patches)


def _is_elsewhere(context: Context, tree: Tree) -> bool:
    """Whether deliveries of the input apply what a kustomization has without it."""
    first, *others = tree.indexes
    return not is_named(context, first) and any(is_named(context, one) for one in others)


def _as_made(one: Resource, made: Made, patches: list[Patch], indexes: list[Resource]) -> Resource:
    """The object of the set with what its patches change."""
    data, written = made.data, made.resource
    if one.data is not written.data:
        if one.kind in _CHANGED_MORE:
            return one
        if one.namespace != written.namespace:
            data = {**data, "metadata": {**data["metadata"], "namespace": one.namespace}}
        data = _with_images(data, _images(written.data, one.data))
    return replace(one, data=data, patched=partial(_written, one, data, patches, indexes))


def _images(old: Any, new: Any) -> Mapping[str, str]:
    """The images that entries of `images` replace in an object."""
    before = {path: value for path, value in texts(old) if path[-1:] == ("image",)}
    after = {path: value for path, value in texts(new) if path[-1:] == ("image",)}
    return {before[p]: after[p] for p in before if p in after and before[p] != after[p]}


def _with_images(data: Any, images: Mapping[str, str]) -> Any:
    if not images:
        return data
    if isinstance(data, list):
        return [_with_images(item, images) for item in data]
    if not isinstance(data, dict):
        return data
    return {
        key: images.get(item, item)
        if key == "image" and isinstance(item, str)
        else _with_images(item, images)
        for key, item in data.items()
    }


def _written(
    base: Resource, data: Any, patches: list[Patch], indexes: list[Resource], path: Path
) -> tuple[Resource, Path]:
    """Where a value of a patched object is written: in its file, or in what patches it."""
    value, own = at(data, *path), _place_in(base.data, data, path)
    if own is not None and (isinstance(value, (dict, list)) or at(base.data, *own) == value):
        return base, own
    for patch in reversed(patches):
        for there in _places_in(patch, data, path):
            if patch.document is not None:
                source = patch.document.source
                whole = as_dict(patch.document.data)
                return Resource(whole, source.name, document=patch.document), there
            inline = isinstance(patch.index.get(*patch.at), dict)
            return patch.index, (*patch.at, "patch") if inline else patch.at
    for index in indexes if path[-1:] == ("replicas",) else ():
        for i, entry in maps(index.get("replicas")):
            name = text(entry.get("name"))
            if name and name in base.name and entry.get("count") == value:
                return index, ("replicas", i, "count")
    return (base, own) if own is not None else _written(base, data, patches, indexes, path[:-1])


def _places_in(patch: Patch, data: Any, path: Path) -> Iterator[Path]:
    """Where a patch writes a value, if it does."""
    if isinstance(patch.data, dict):
        there = _place_in(patch.data, data, path)
        if there is not None:
            yield there
        return
    for i, operation in operations(patch.data):
        parts = text(operation.get("path")).split("/")[1:]
        steps = [part.replace("~1", "/").replace("~0", "~") for part in parts]
        if steps == [str(step) for step in path[: len(steps)]]:
            yield (i, "path")


def _place_in(tree: Any, data: Any, path: Path) -> Path | None:
    """The path in a part of an object for a path of the whole; None if it does not have it."""
    there: list[str | int] = []
    for step in path:
        place: str | int | None = None
        if isinstance(data, dict) and isinstance(tree, dict):
            place = step if step in tree else None
        elif isinstance(data, list) and isinstance(tree, list) and isinstance(step, int):
            place = _item(tree, data, step)
        if place is None:
            return None
        there.append(place)
        tree, data = tree[place], at(data, step)
    return tuple(there)


def _item(tree: list[Any], data: list[Any], step: int) -> int | None:
    """The index in a part of a list for one of the whole list."""
    item = as_dict(data[step]) if step < len(data) else {}
    for key in _MERGE_KEYS:
        if key in item:
            same = (i for i, one in enumerate(tree) if as_dict(one).get(key) == item[key])
            return next(same, None)
    return step if step < len(tree) else None
