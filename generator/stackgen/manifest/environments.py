"""Sets of objects in one input of which a cluster has one: environments beside each other.

A kustomization to which no other refers is a root. Two roots that have an object of one name from
different files, or put the objects of a file into different namespaces, are never applied together.
What `--kustomize` renders is a root of its own, and so is a folder that no kustomization reaches.
The objects of a root have the namespace and the images that its kustomizations set, and the
namespace that Flux or Argo CD gives them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stackgen.manifest.own_repository import of_another, own_repository
from stackgen.manifest.resource import RENDERED, Bundle, Resource
from stackgen.record import record

_REFERS = ("resources", "bases", "components")
# Where to check each alone takes much longer, all objects are checked together.
_MOST_SETS = 8
_MOST_TIMES = 4
_MOST_ROOTS = 50  # that have one object
_SOURCE_PATH = ("spec", "source", "path")
# An object: group, kind, namespace and name.
_Object = tuple[str, str, str, str]
# An entry of `images`: name, newName, newTag and digest.
_Image = tuple[str, str, str, str]


@record
class Changes:
    """What the kustomizations above a file set for its objects; without a value, nothing.

    otherwise: the namespace of objects that have none.
    """

    namespace: str = ""
    images: tuple[_Image, ...] = ()
    otherwise: str = ""


_Roots = Mapping[str, Mapping[str, Changes]]


def environments(
    bundle: Bundle,
    namespaced: Callable[[str, str], bool] = lambda _group, _kind: False,
    made: Iterable[Resource] = (),
) -> list[Bundle]:
    """The environments of a bundle; the bundle itself if there are no two.

    namespaced: whether the objects of a group and kind are in a namespace. made: the Applications
    that sets of the bundle make.
    """
    accounts = frozenset(r.name for r in bundle.of_kind("ServiceAccount", ""))
    roots = _roots(bundle, made)
    plain = _plain(bundle, roots)
    every = {**roots, **plain}
    tops = _tops(bundle, roots) if len(roots) > 1 else {}
    others = _apart(bundle, every, tops) if len(every) > 1 else {}
    others = {root: apart for root, apart in others.items() if apart or root not in plain}
    roots = {root: every[root] for root in every if root in others or root in roots}
    sets: dict[tuple[str, ...], set[str]] = {}
    if any(others.values()):
        everywhere = {r.file for r in bundle.resources} - set().union(*roots.values())
        for root in (root for root, apart in others.items() if apart):
            chosen = tuple(sorted(_together(root, others, plain)))
            sets[chosen] = everywhere.union(*(roots[one] for one in chosen))
    found = [
        tuple(changed(r, _changes(r.file, roots, chosen), namespaced, accounts)
              for r in bundle.resources if r.file in files)
        for chosen, files in sets.items()
    ]  # fmt: skip
    if (
        not found
        or len(found) > _MOST_SETS
        or sum(map(len, found)) > _MOST_TIMES * len(bundle.resources)
    ):
        chosen = tuple(roots)
        resources = (
            changed(r, _changes(r.file, roots, chosen), namespaced, accounts)
            for r in bundle.resources
        )
        found = [tuple(resources)]
    return [replace(bundle, resources=resources, part_of=bundle) for resources in found]


def _changes(file: str, roots: _Roots, chosen: tuple[str, ...]) -> Changes:
    """What the chosen roots make of the objects of a file, as far as they agree."""
    found = list({roots[root][file] for root in chosen if file in roots[root]})
    if not found:
        return Changes()
    first = found[0]
    return Changes(
        first.namespace if len({one.namespace for one in found}) == 1 else "",
        _agreed([one.images for one in found]),
        first.otherwise if len({one.otherwise for one in found}) == 1 else "",
    )


def _agreed(several: list[tuple[_Image, ...]]) -> tuple[_Image, ...]:
    """The entries of the first that all others have, too: each gives the image some version.

    An image keeps its name where they give it different ones.
    """
    first, *others = several
    if all(one == first for one in others):
        return first
    found = []
    for name, new, tag, digest in first:
        same = [[one for one in images if one[0] == name] for images in others]
        if (tag or digest) and all(any(one[2] or one[3] for one in some) for some in same):
            names = {one[1] for some in same for one in some}
            found.append((name, new if names == {new} else "", tag, digest))
    return tuple(found)


def changed(
    resource: Resource,
    changes: Changes,
    namespaced: Callable[[str, str], bool],
    accounts: frozenset[str] = frozenset(),
) -> Resource:
    """An object as Kustomize makes it; the same one if nothing changes.

    accounts: the names of ServiceAccounts, whose namespace Kustomize also writes into bindings.
    """
    if changes == Changes() or resource.index:
        return resource
    data: dict[str, Any] = resource.data
    if changes.images:
        data = _with_images(data, changes.images)
    space = changes.namespace or ("" if resource.namespace else changes.otherwise)
    if resource.kind == "Namespace" and not resource.group:
        if changes.namespace:
            data = {**data, "metadata": {**resource.metadata, "name": changes.namespace}}
    elif space and namespaced(resource.group, resource.kind):
        data = {**data, "metadata": {**resource.metadata, "namespace": space}}
    if changes.namespace and resource.kind in ("RoleBinding", "ClusterRoleBinding"):
        subjects = data.get("subjects")
        if isinstance(subjects, list):
            moved = [_in_space(one, changes.namespace, accounts) for one in subjects]
            data = {**data, "subjects": moved}
    return resource if data == resource.data else replace(resource, data=data)


def _in_space(subject: Any, space: str, accounts: frozenset[str]) -> Any:
    """A subject of a binding with the namespace that Kustomize gives it."""
    if not isinstance(subject, dict) or subject.get("kind") != "ServiceAccount":
        return subject
    name = subject.get("name")
    known = name == "default" or (isinstance(name, str) and name in accounts)
    return {**subject, "namespace": space} if known and not subject.get("namespace") else subject


def _with_images(value: Any, images: tuple[_Image, ...], container: bool = False) -> Any:
    if isinstance(value, list):
        return [_with_images(item, images, container) for item in value]
    if not isinstance(value, dict):
        return value
    found = {
        key: _with_images(item, images, key in ("containers", "initContainers"))
        for key, item in value.items()
    }
    image = found.get("image")
    if container and isinstance(image, str):
        for one in images:
            image = _renamed(image, *one)
        found["image"] = image
    return found


def _renamed(image: str, name: str, new: str, tag: str, digest: str) -> str:
    """An image as an entry of `images` makes it."""
    base, at, old_digest = image.partition("@")
    path, colon, old_tag = base.rpartition(":")
    if not colon or "/" in old_tag:
        path, old_tag = base, ""
    if path != name:
        return image
    if digest:
        return f"{new or path}@{digest}"
    if tag:
        return f"{new or path}:{tag}"
    return (new or path) + (f":{old_tag}" if old_tag else "") + (f"@{old_digest}" if at else "")


def _roots(bundle: Bundle, made: Iterable[Resource] = ()) -> _Roots:
    """The files of each root, by its folder, and what its kustomizations make of their objects.

    The namespace of the outermost kustomization counts.
    """
    indexes = {os.path.dirname(r.file): r for r in bundle.resources if r.index}
    named = {folder: sorted(set(_named(index))) for folder, index in indexes.items()}
    below = set().union(*named.values()) if named else set()
    files = {r.file for r in bundle.resources}
    found = {}
    for folder in indexes:
        if folder not in below:
            reached = _files(folder, named, indexes)
            found[folder] = {file: said for file, said in reached.items() if file in files}
    for path, given in _placed((*bundle.objects, *made)).items():
        inside = {f for f in files if f"/{path}/" in f"/{f}"} - set().union(*found.values())
        if inside:
            found[path] = found.get(path, {}) | dict.fromkeys(sorted(inside), Changes())
        for folder in _at(path, found):
            found[folder] = {f: _with_space(said, given) for f, said in found[folder].items()}
    spaces = {r.file: r.written.space for r in bundle.resources if r.written is not None}
    rendered = (file for file in files if file.endswith(RENDERED))
    return found | {f: {f: Changes(otherwise=spaces.get(f, ""))} for f in rendered}


def _plain(bundle: Bundle, roots: _Roots) -> _Roots:
    """The folders of files that no kustomization or delivery of the input brings."""
    brought = set().union(*roots.values()) if roots else set()
    indexed = {os.path.dirname(r.file) for r in bundle.resources if r.index}
    found: dict[str, dict[str, Changes]] = {}
    for r in bundle.objects:
        folder = os.path.dirname(r.file)
        if r.file not in brought and folder not in indexed and folder not in roots:
            found.setdefault(folder, {})[r.file] = Changes()
    return found


def deployed(bundle: Bundle) -> list[set[str]]:
    """The files that each outermost kustomization, or each delivery, applies together."""
    return [set(files) for files in _roots(bundle).values()]


def _placed(objects: Iterable[Resource]) -> dict[str, Changes]:
    """The namespace that a delivery gives the objects of a path of the repository.

    Flux replaces that of the objects. Argo CD gives it to those that have none. A path that is
    delivered to several namespaces has none here.
    """
    found: dict[str, set[Changes]] = {}
    several = list(objects)
    own = own_repository(several)
    for one in several:
        if of_another(one.get("spec", "source"), own):
            continue
        if (one.group, one.kind) == ("kustomize.toolkit.fluxcd.io", "Kustomization"):
            space, path = one.get("spec", "targetNamespace"), one.get("spec", "path")
            given = Changes(namespace=space if isinstance(space, str) else "")
        elif (one.group, one.kind) == ("argoproj.io", "Application"):
            space, path = one.get("spec", "destination", "namespace"), one.get(*_SOURCE_PATH)
            known = isinstance(space, str) and "{{" not in space
            given = Changes(otherwise=space if known else "")
        else:
            continue
        if isinstance(path, str) and path.strip("./"):
            found.setdefault(os.path.normpath(path).strip("/"), set()).add(given)
    return {path: spaces.pop() for path, spaces in found.items() if len(spaces) == 1}


def _at(path: str, folders: Collection[str]) -> list[str]:
    """The folders that a path of the repository means; they may be named from above or below."""
    exact = [f for f in folders if f"/{path}/" in f"/{f}/"]
    return exact or [f for f in folders if "/" in f and path.endswith(f"/{f}")]


def _with_space(changes: Changes, given: Changes) -> Changes:
    """What a delivery makes of what Kustomize made."""
    if given.namespace:
        return replace(changes, namespace=given.namespace)
    return replace(changes, otherwise=given.otherwise)


def _named(index: Resource) -> Iterator[str]:
    """The files and folders to which a kustomization refers."""
    for word in _REFERS:
        entries = index.get(word)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str) and "://" not in entry:
                yield os.path.normpath(os.path.join(os.path.dirname(index.file), entry))


def _files(
    root: str, named: Mapping[str, Sequence[str]], indexes: Mapping[str, Resource]
) -> dict[str, Changes]:
    """What the kustomizations of a root make of each file.

    A component that is made in several namespaces has none of them here, and neither have the
    images on which its kustomizations do not agree.
    """
    found: dict[str, Changes] = {}
    left: list[tuple[str, str | None, tuple[_Image, ...]]] = [(root, "", ())]
    reached: dict[str, str | None] = {}  # None: with several namespaces
    while left:
        place, space, images = left.pop()
        if place in reached:
            if reached[place] in (None, space):
                continue
            space = None
        reached[place] = space
        if place in indexes:
            index = indexes[place]
            given = index.get("namespace")
            within = given if space == "" and isinstance(given, str) else space
            found[index.file] = Changes()
            every = (*_images(index), *images)
            left.extend((one, within, every) for one in named[place])
        else:
            agreed = images if found.get(place, Changes("", images)).images == images else ()
            found[place] = Changes(space or "", agreed)
    return found


def _images(index: Resource) -> Iterator[_Image]:
    entries = index.get("images")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            words = (entry.get(k) for k in ("name", "newName", "newTag", "digest"))
            name, new, tag, digest = ("" if word is None else str(word) for word in words)
            yield name, new, tag, digest


def _tops(bundle: Bundle, roots: _Roots) -> dict[str, str]:
    """For each root that Flux delivers the root above all that leads to it, if there is one.

    Roots with the same one are parts of a cluster.
    """
    owners: dict[str, list[str]] = {}
    for root, files in roots.items():
        for file in files:
            owners.setdefault(file, []).append(root)
    paths: dict[str, set[str]] = {}
    for one in bundle.of_kind("Kustomization", "kustomize.toolkit.fluxcd.io"):
        path = one.get("spec", "path")
        if isinstance(path, str) and path.strip("./"):
            by = owners.get(one.file) or [os.path.dirname(one.file)]
            paths.setdefault(os.path.normpath(path).strip("/"), set()).update(by)
    above: dict[str, set[str]] = {}
    for path in sorted(paths, key=len):  # the longest path is the nearest
        for folder in _at(path, roots):
            above[folder] = paths[path] - {folder}
    found: dict[str, str] = {}
    for root in above:
        top, seen = root, set[str]()
        while top not in seen and len(above.get(top, ())) == 1:
            seen.add(top)
            top = next(iter(above[top]))
        if top not in seen and not above.get(top):
            found[root] = top
    return found


def _apart(bundle: Bundle, roots: _Roots, tops: Mapping[str, str]) -> dict[str, list[str]]:
    """For each root those with half of its objects, or it with half of theirs, from other files,
    and those that put the objects of a file into another namespace.

    tops: what delivers a root in the end. Equal objects alone make no environments, unless a root
    has nothing else. A namespace may belong to several roots. What very many roots have is no
    environment.
    """
    owners: dict[str, list[str]] = {}
    for root, files in roots.items():
        for file in files:
            owners.setdefault(file, []).append(root)
    places: dict[_Object, dict[tuple[str, str], Resource]] = {}
    sizes: Counter[str] = Counter()
    for r in bundle.objects:
        if r.name and r.kind != "Namespace":
            for root in owners.get(r.file, ()):
                sizes[root] += 1
                thing = (r.group, r.kind, r.namespace, r.name)
                places.setdefault(thing, {})[root, r.file] = r
    same: Counter[tuple[str, str]] = Counter()
    differ: set[tuple[str, str]] = set()
    for where in places.values():
        for (root, file), mine in where.items() if len(where) <= _MOST_ROOTS else ():
            for (other, theirs), r in where.items():
                if theirs != file and other != root:
                    same[root, other] += 1
                    if (root, other) not in differ and r.data != mine.data:
                        differ.add((root, other))
    found: dict[str, dict[str, None]] = {root: {} for root in roots}
    for (root, other), number in same.items():
        least = min(sizes[root], sizes[other])
        if root in tops and tops[root] == tops.get(other):
            continue
        if 2 * number >= least and (number >= least or (root, other) in differ):
            found[root][other] = None
    # A component is part of what has it, in the namespace of that.
    components = {os.path.dirname(r.file) for r in bundle.resources if r.kind == "Component"}
    for file, has in owners.items():
        several = len(has) <= _MOST_ROOTS and os.path.dirname(file) not in components
        for root in has if several else ():
            for other in has:
                if roots[root][file].namespace != roots[other][file].namespace:
                    found[root][other] = None
    return {root: list(apart) for root, apart in found.items()}


def _together(root: str, others: Mapping[str, list[str]], plain: Collection[str]) -> list[str]:
    """The roots of the environment of `root`: those whose path is not nearer to another one.

    plain: folders without a kustomization, to which nothing belongs for its path.
    """
    chosen = [root]
    rivals = [one for one in others[root] if one not in plain and root not in plain]
    for one in sorted(others, key=lambda other: (-_shared(other, root), other)):
        nearer = any(_shared(one, other) > _shared(one, root) for other in rivals)
        if one != root and not nearer and not set(others[one]) & set(chosen):
            chosen.append(one)
    return chosen


def _shared(one: str, other: str) -> int:
    """How many names of folders two paths have in common."""
    return len(set(one.split(os.sep)) & set(other.split(os.sep)))
