"""Which schema answers for a kind: user's folders first, then release variants, then built in.

The first layer that knows the kind decides: when it lacks the version asked for, that version is
not served there.
"""

from __future__ import annotations

import csv
import json
import os
from functools import lru_cache
from typing import Any

from stackgen import paths
from stackgen.cache.seen import digest
from stackgen.reading import listing, read_bytes, read_text
from stackgen.record import record
from stackgen.schema import user


@record
class Known:
    """One kind in one version: a row of `schemas/MANIFEST`, or a file of the user's.

    label: the variant, empty for the default; `user` for the user's. path: the file. storage:
    the API server stores objects in this version.
    """

    label: str
    group: str
    version: str
    kind: str
    scope: str
    path: str
    project: str
    release: str
    as_of: str
    storage: bool = False


Versions = dict[str, Known]


@lru_cache(maxsize=1)
def manifest() -> dict[tuple[str, str, str], Versions]:
    """The built-in schemas by (label, group, kind in lower case), then by version."""
    found: dict[tuple[str, str, str], Versions] = {}
    lines = read_text(paths.schemas("MANIFEST")).splitlines()
    rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    next(rows, None)
    for label, group, version, kind, scope, storage, name, project, release, as_of in rows:
        path, stored = paths.schemas(*name.split("/")), storage == "yes"
        known = Known(label, group, version, kind, scope, path, project, release, as_of, stored)
        found.setdefault((label, group, kind.lower()), {})[version] = known
    return found


@lru_cache(maxsize=1024)
def namespaced(group: str, kind: str) -> bool:
    """Whether objects of a kind are in a namespace; False for a kind that is not known."""
    known = manifest().get(("", group, kind.lower()), {})
    return any(one.scope == "Namespaced" for one in known.values())


def is_known(group: str, kind: str) -> bool:
    """Whether there is a schema of the kind, in any version."""
    return ("", group, kind.lower()) in manifest()


def in_namespaces(group: str, kind: str) -> bool:
    """Whether Kustomize takes objects of a kind for namespaced, as it takes unknown kinds."""
    return namespaced(group, kind) or not is_known(group, kind)


@lru_cache(maxsize=8)
def _folder(folder: str, _here: str) -> dict[tuple[str, str], Versions]:
    """The schema files of a user's folder, `<group>/<kind>_<version>.json`.

    here: the working directory, which `folder` may be relative to.
    """
    found: dict[tuple[str, str], Versions] = {}
    for group in listing(folder):
        inner = os.path.join(folder, group)
        for name in listing(inner):
            stem, dot, _ = name.rpartition(".json")
            kind, underscore, version = stem.rpartition("_")
            if not dot or not underscore:
                continue
            path = os.path.join(inner, name)
            facts = user.read(path)
            gvk = facts.get("x-kubernetes-group-version-kind", {})
            known = Known(
                "user", "" if group == "core" else group, version, str(gvk.get("kind", "")),
                str(facts.get("x-kubernetes-scope", "Namespaced")), path, "", "", "",
            )  # fmt: skip
            found.setdefault((known.group, kind.lower()), {})[version] = known
    return found


def user_files(catalog: SchemaCatalog) -> list[str]:
    """The hash of each schema file of the user's, in the order in which they are asked."""
    return [
        digest((read_bytes(os.path.join(folder, group, name)),)).hex()
        for folder in catalog.user
        for group in listing(folder)
        for name in listing(os.path.join(folder, group))
        if name.endswith(".json")
    ]


def load(path: str) -> dict[str, Any]:
    """The schema in the file `path`."""
    return _load(path, os.getcwd())


@lru_cache(maxsize=512)
def _load(path: str, _here: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(read_bytes(path))
    return loaded


@record
class SchemaCatalog:
    """Where schemas are looked up, first match wins.

    user: folders of the user's repository. variants: labels below `schemas/variants/`.
    """

    user: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()

    def versions(self, group: str, kind: str) -> Versions:
        """The versions of a kind in the first layer that knows it."""
        name = kind.lower()
        for folder in self.user:
            found = _folder(folder, os.getcwd()).get((group, name))
            if found:
                return found
        for label in (*self.variants, ""):
            found = manifest().get((label, group, name))
            if found:
                return found
        # Kinds that are made at run time share one schema, which names no kind.
        return manifest().get(("", group, ""), {})

    def find(self, group: str, version: str, kind: str) -> Known | None:
        """The schema of exactly this kind, or None."""
        known = self.versions(group, kind).get(version)
        # A schema from elsewhere need not say how its kind is spelled.
        return known if known is not None and known.kind in (kind, "") else None

    def all(self) -> list[Known]:
        """Every schema, the user's first, then by label, group, kind and version."""
        mine = (_folder(folder, os.getcwd()) for folder in self.user)
        rows = [
            known for found in mine for versions in found.values() for known in versions.values()
        ]
        rows += [k for versions in manifest().values() for k in versions.values()]
        return rows


def variants() -> frozenset[str]:
    """The labels of all variants."""
    return frozenset(label for label, _, _ in manifest() if label)
