"""Folders whose objects Kustomize changes: what their files say is not what is applied."""

from __future__ import annotations

import os

from stackgen.checks.context import Context
from stackgen.facts.shape import as_list
from stackgen.manifest.resource import Resource

# What makes the objects of a folder others than its files say, in a kustomization.
_CHANGES = (
    "configMapGenerator", "secretGenerator", "namePrefix", "nameSuffix", "components",
    "helmCharts", "generators", "transformers",
)  # fmt: skip


def is_composed(context: Context, resource: Resource) -> bool:
    """Whether Kustomize makes other objects of the folder of `resource` than its files show."""
    return resource.written is None and os.path.dirname(resource.file) in context.once(_folders)


def is_completed(context: Context, resource: Resource) -> bool:
    """Whether an overlay, or the namespace of a kustomization, adds to what a file says."""
    folder = os.path.dirname(resource.file)
    return is_composed(context, resource) or (
        resource.written is None and folder in context.once(_named)
    )


def _named(context: Context) -> frozenset[str]:
    """The folders of components, and of kustomizations that set the namespace."""
    return frozenset(
        os.path.dirname(index.file)
        for index in context.bundle.resources
        if index.index and (index.get("namespace") or index.kind == "Component")
    )


def _folders(context: Context) -> frozenset[str]:
    """The folders whose objects Kustomize changes, or adds others to.

    A folder that other kustomizations refer to is a base: the objects that it names may be there.
    """
    found: set[str] = set()
    for index in context.bundle.resources:
        if not index.index or index.document is None:
            continue
        here = os.path.dirname(index.file)
        if any(index.get(word) for word in _CHANGES):
            found.add(here)
        for word in ("resources", "bases", "components"):
            for entry in as_list(index.get(word)):
                if isinstance(entry, str) and "://" not in entry:
                    found.add(os.path.normpath(os.path.join(here, entry)))
    return frozenset(found)
