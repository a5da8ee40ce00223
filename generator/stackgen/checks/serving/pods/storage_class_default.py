"""Two StorageClasses of one set that are both the default."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.pods.defaults import twice
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def check(context: Context) -> Violations:
    """One finding for each class after the first of its file or kustomization."""
    found = (
        one
        for one in context.bundle.of_kind("StorageClass", "storage.k8s.io")
        if as_dict(one.get("metadata", "annotations")).get(_DEFAULT) == "true"
    )
    for one, first in twice(context, found):
        yield violation(
            f"StorageClass {first.name} is also the default",
            Place(one, ("metadata", "annotations", _DEFAULT)),
        )
