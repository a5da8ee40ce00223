"""Two PriorityClasses of one set that are both the default."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.pods.defaults import twice
from stackgen.findings.model import Place, Violations, violation

_FIELD = "globalDefault"


def check(context: Context) -> Violations:
    """One finding for each class after the first of its file or kustomization."""
    classes = context.bundle.of_kind("PriorityClass", "scheduling.k8s.io")
    for one, first in twice(context, (x for x in classes if x.get(_FIELD) is True)):
        yield violation(
            f"PriorityClass {first.name} is also the default",
            Place(one, (_FIELD,)),
            Place(first, (_FIELD,)),
        )
