"""The objects that Flux applies. It writes labels of its own, and drops what are no labels."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import text
from stackgen.rollout import flux
from stackgen.rollout.applied import Folders


def by_flux(context: Context) -> frozenset[int]:
    """Their identities."""
    steps = list(context.bundle.of_kind(flux.KIND, flux.GROUP))
    folders = Folders(context.bundle.resources if steps else ())
    folders.settle(flux.paths(folders))
    paths = [text(step.get("spec", "path")) for step in steps]
    return frozenset(id(one) for path in paths for one in folders.below(path) or ())
