"""The rollout of a run: simulated once, from nothing, and shared by the rules of this family."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.proof import stack_world
from stackgen.checks.network.view import view
from stackgen.rollout.rollout import Known, Simulated, rollouts


def simulated(context: Context) -> list[Simulated]:
    """The first installation of each delivery; none where no delivery engine applies the bundle."""
    return context.once(_simulated)


def _simulated(context: Context) -> list[Simulated]:
    stack = stack_world(context)
    catalog = context.catalog.copy()
    if stack is None:
        # Manifests that anyone wrote need not be all of them.
        release = catalog.release(context.release) if context.release else None
        world = view(context).world
        return rollouts(Known(context.bundle, catalog, world, complete=False, release=release))
    return rollouts(Known(context.bundle, catalog, stack.world, stack.flows, stack.profile))
