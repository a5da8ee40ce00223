"""The keys of ConfigMaps and Secrets that Kustomize generates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from stackgen.checks.composed import together
from stackgen.checks.context import Context
from stackgen.facts.shape import as_list, maps, plain, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record

KINDS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


@record
class Generated:
    """An object that by generates. keys: None if it may have others than are given there.

    adds: it is merged into another one, or replaces it.
    """

    kind: str
    name: str
    by: Resource
    keys: frozenset[str] | None
    adds: bool = False


def generated(bundle: Bundle) -> list[Generated]:
    """Those of all kustomizations, found once."""
    return bundle.once(_generated)


def _generated(bundle: Bundle) -> list[Generated]:
    patched = {kind: any(kind in x.source.text for x in bundle.patches) for kind in KINDS.values()}
    found = []
    for index in (r for r in bundle.resources if r.index):
        changes = str(
            [index.get("patches"), index.get("patchesJson6902"), index.get("replacements")]
        )
        for word, kind in KINDS.items():
            for _, one in maps(index.get(word)):
                whole = not patched[kind] and kind not in changes
                keys = _keys(one) if whole else None
                adds = one.get("behavior") in ("merge", "replace")
                found.append(Generated(kind, str(one.get("name")), index, keys, adds))
    return found


def is_added_to(bundle: Bundle, kind: str, name: str) -> bool:
    """Whether a generator is merged into an object of this name, or replaces it."""
    return any(one.adds and (one.kind, one.name) == (kind, name) for one in generated(bundle))


def _by_name(bundle: Bundle) -> dict[tuple[str, str], list[Generated]]:
    """The objects by kind and name. What a script makes may have any keys."""
    found: dict[tuple[str, str], list[Generated]] = {}
    scripted = (Generated(one.kind, one.name, one, None) for one in bundle.outside)
    for made in (*generated(bundle), *scripted):
        found.setdefault((made.kind, made.name), []).append(made)
    return found


def generated_keys(context: Context, kind: str, name: str, by: Resource) -> list[frozenset[str]]:
    """The keys of what generators of one set with `by` make, if all of that is known."""
    found = context.bundle.once(_by_name).get((kind, name), ())
    world = together(context, by) if found else None
    if world is None or world.brings:
        return []
    keys = [one.keys for one in found]
    near = any(os.path.dirname(one.by.file) in world.folders for one in found)
    return [x for x in keys if x] if near and None not in keys else []


def _keys(generator: Mapping[str, Any]) -> frozenset[str] | None:
    """The keys that a generator says; None where it adds to another object, or reads its keys."""
    unread = generator.get("envs") or generator.get("env")
    if unread or generator.get("behavior") not in (None, "create"):
        return None
    keys = set()
    for field in ("files", "literals"):
        for entry in as_list(generator.get(field)):
            key, named, _ = text(entry).partition("=")
            if not key or not plain(key):
                return None
            keys.add(key if named else os.path.basename(key))
    return frozenset(keys) or None
