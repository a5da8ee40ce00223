"""The keys of ConfigMaps and Secrets that Kustomize generates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from stackgen.facts.shape import as_list, maps, plain, text
from stackgen.manifest.resource import Bundle
from stackgen.record import record

KINDS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


@record
class Generated:
    """An object of a generator. keys: None if it may have others than the generator gives it."""

    kind: str
    name: str
    folder: str
    keys: frozenset[str] | None


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
                found.append(
                    Generated(
                        kind, text(one.get("name")), os.path.dirname(index.file),
                        _keys(one) if whole else None,
                    )
                )  # fmt: skip
    return found


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
