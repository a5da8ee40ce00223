"""A patch that changes nothing, or that changes what an object is called."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation

# What an object is called: its file, and the objects that name it, follow from the spec alone.
_IDENTITY = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))


def check(context: SpecContext) -> Violations:
    """One finding for each patch that changes kind or name; the compiler finds the others."""
    for path, item in context.items("patches"):
        for steps in _IDENTITY:
            here = item.get("patch")
            for step in steps:
                here = here.get(step) if isinstance(here, dict) else None
            if here is not None:
                yield violation(
                    f"a patch cannot change {'.'.join(steps)}",
                    context.place(*path, "patch", *steps, key=True),
                    impact="Not rendered. Other objects would still have the old name.",
                    remedy="Change the name in the spec. All references to it change too.",
                )
