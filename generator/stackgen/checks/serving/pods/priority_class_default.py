"""Two PriorityClasses of one set that are both the default."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.pods.storage_class_default import applied_with
from stackgen.checks.serving.provided import provided
from stackgen.findings.model import Place, Violations, violation

_FIELD = "globalDefault"


def check(context: Context) -> Violations:
    """One finding for each class after the first of its file or kustomization."""
    known = provided(context)
    found = [
        one
        for one in context.bundle.of_kind("PriorityClass", "scheduling.k8s.io")
        if one.get(_FIELD) is True and not known.composed(one)
    ]
    for i, one in enumerate(found):
        beside = [x for x in found[:i] if x.file == one.file or applied_with(context, one, x)]
        if beside and beside[0].name != one.name:
            yield violation(
                f"PriorityClass {beside[0].name} is also the default",
                Place(one, (_FIELD,)),
                Place(beside[0], (_FIELD,)),
            )
