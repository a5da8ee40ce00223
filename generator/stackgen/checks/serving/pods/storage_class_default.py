"""Two StorageClasses of one set that are both the default."""

from __future__ import annotations

import os

from stackgen.checks.composed import together
from stackgen.checks.context import Context
from stackgen.checks.serving.provided import provided
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def check(context: Context) -> Violations:
    """One finding for each class after the first of its file or kustomization."""
    known = provided(context)
    found = [
        one
        for one in context.bundle.of_kind("StorageClass", "storage.k8s.io")
        if as_dict(one.get("metadata", "annotations")).get(_DEFAULT) == "true"
        and not known.composed(one)
    ]
    for i, one in enumerate(found):
        beside = [x for x in found[:i] if x.file == one.file or applied_with(context, one, x)]
        if beside and beside[0].name != one.name:
            yield violation(
                f"StorageClass {beside[0].name} is also the default",
                Place(one, ("metadata", "annotations", _DEFAULT)),
            )


def applied_with(context: Context, one: Resource, other: Resource) -> bool:
    """Whether a kustomization has both; a folder without one may hold alternatives."""
    world = together(context, one)
    return world is not None and os.path.dirname(other.file) in world.folders
