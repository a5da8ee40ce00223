"""Objects of which one is to be the default, and two are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.checks.composed import applied_with
from stackgen.checks.context import Context
from stackgen.checks.serving.provided import provided
from stackgen.manifest.resource import Resource


def twice(context: Context, defaults: Iterable[Resource]) -> Iterator[tuple[Resource, Resource]]:
    """Each default after the first of its file or kustomization, and that first one."""
    known = provided(context)
    found = [one for one in defaults if not known.composed(one)]
    for i, one in enumerate(found):
        first = next((x for x in found[:i] if applied_with(context, one, x)), one)
        if first.name != one.name:
            yield one, first
