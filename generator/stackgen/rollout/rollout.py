"""From two renders to the rollout between them."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.catalog.load import Catalog
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.flows import flows_of
from stackgen.net.profile import Profile
from stackgen.net.world import world_of
from stackgen.rollout import flux
from stackgen.rollout.applied import Folders
from stackgen.rollout.durations import seconds
from stackgen.rollout.installed import Installed
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Rollout, Step, key_of
from stackgen.rollout.needs import Needs
from stackgen.rollout.simulate import Way, simulate


def rollout(
    bundle: Bundle, profile: Profile | None, catalog: Catalog, old: Iterable[Resource] = ()
) -> Rollout | None:
    """The way from `old` to the bundle; None when no delivery engine applies the bundle.

    profile: of the stack. Without one no flow is known to gate anything.
    """
    kinds = Kinds(catalog)
    steps = _steps(bundle.resources, kinds)
    if not steps:
        return None
    before = tuple(old)
    release = profile.release if profile is not None else None
    installed = Installed(bundle.objects, kinds, release)
    world = world_of(bundle, profile, catalog=catalog)
    flows = flows_of(world, profile) if profile is not None else []
    needs = Needs(bundle.objects, kinds, installed, world.pods, flows)
    return simulate(
        Way(steps, needs, installed, world, _polled(bundle, steps), _steps(before, kinds), before)
    )


def _steps(resources: Iterable[Resource], kinds: Kinds) -> tuple[Step, ...]:
    folders = Folders(resources)
    return tuple(flux.steps(folders, kinds))


def _polled(bundle: Bundle, steps: tuple[Step, ...]) -> int:
    """How long the engine may take to see a commit: the interval of the steps' source."""
    sources = {step.source for step in steps if not step.remote}
    found = [
        seconds(one.get("spec", "interval")) or 0
        for one in bundle.objects if key_of(one) in sources
    ]  # fmt: skip
    return max(found, default=0)
