"""Sets of objects in one input of which a cluster has one: environments beside each other.

A kustomization to which no other refers is a root. Two roots that have an object of one name from
different files are never applied together. What `--kustomize` renders is a root of its own.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping

from stackgen.manifest.resource import Bundle, Resource

_REFERS = ("resources", "bases", "components")
RENDERED = " (rendered)"
# Where to check each alone takes much longer, all objects are checked together.
_MOST_SETS = 8
_MOST_TIMES = 4
_MOST_ROOTS = 50  # that have one object
# An object: group, kind, namespace and name.
_Object = tuple[str, str, str, str]


def environments(bundle: Bundle) -> list[Bundle]:
    """The environments of a bundle; the bundle itself if there are no two."""
    roots = _roots(bundle)
    others = _apart(bundle, roots) if len(roots) > 1 else {}
    if not any(others.values()):
        return [bundle]
    everywhere = {r.file for r in bundle.resources} - set().union(*roots.values())
    sets: dict[tuple[str, ...], set[str]] = {}
    for root in (root for root, apart in others.items() if apart):
        chosen = tuple(sorted(_together(root, others)))
        sets[chosen] = everywhere.union(*(roots[one] for one in chosen))
    found = [tuple(r for r in bundle.resources if r.file in files) for files in sets.values()]
    if len(found) > _MOST_SETS or sum(map(len, found)) > _MOST_TIMES * len(bundle.resources):
        return [bundle]
    return [Bundle(resources, bundle.absent, bundle.outside) for resources in found]


def _roots(bundle: Bundle) -> dict[str, set[str]]:
    """The files of each root, by its folder."""
    indexes = {os.path.dirname(r.file): r for r in bundle.resources if r.index}
    named = {folder: set(_named(index)) for folder, index in indexes.items()}
    below = set().union(*named.values()) if named else set()
    files = {r.file for r in bundle.resources}
    found = {
        folder: _files(folder, named, indexes) & files for folder in indexes if folder not in below
    }
    return found | {file: {file} for file in files if file.endswith(RENDERED)}


def _named(index: Resource) -> Iterator[str]:
    """The files and folders to which a kustomization refers."""
    for word in _REFERS:
        entries = index.get(word)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str) and "://" not in entry:
                yield os.path.normpath(os.path.join(os.path.dirname(index.file), entry))


def _files(root: str, named: Mapping[str, set[str]], indexes: Mapping[str, Resource]) -> set[str]:
    found: set[str] = set()
    left = [root]
    seen: set[str] = set()
    while left:
        place = left.pop()
        if place in seen:
            continue
        seen.add(place)
        if place in indexes:
            found.add(indexes[place].file)
            left.extend(named[place])
        else:
            found.add(place)
    return found


def _apart(bundle: Bundle, roots: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """For each root those with half of its objects, or it with half of theirs, from other files.

    Equal objects alone make no environments, unless a root has nothing else. A namespace may belong
    to several roots. What very many roots have is no environment.
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
    found: dict[str, list[str]] = {root: [] for root in roots}
    for (root, other), number in same.items():
        least = min(sizes[root], sizes[other])
        if 2 * number >= least and (number >= least or (root, other) in differ):
            found[root].append(other)
    return found


def _together(root: str, others: Mapping[str, list[str]]) -> list[str]:
    """The roots of the environment of `root`: those whose path is not nearer to another one."""
    chosen = [root]
    for one in sorted(others, key=lambda other: (-_shared(other, root), other)):
        nearer = any(_shared(one, other) > _shared(one, root) for other in others[root])
        if one != root and not nearer and not set(others[one]) & set(chosen):
            chosen.append(one)
    return chosen


def _shared(one: str, other: str) -> int:
    """How many names of folders two paths have in common."""
    return len(set(one.split(os.sep)) & set(other.split(os.sep)))
