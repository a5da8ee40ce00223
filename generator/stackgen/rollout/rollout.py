"""From two renders to the rollout between them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.flows import flows_of
from stackgen.net.policies import policies_of
from stackgen.net.profile import Profile
from stackgen.net.world import world_of
from stackgen.rollout import argocd, flux
from stackgen.rollout.applied import Folders
from stackgen.rollout.away import Interruptions
from stackgen.rollout.durations import seconds
from stackgen.rollout.installed import Installed
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Rollout, Step, key_of
from stackgen.rollout.needs import Needs
from stackgen.rollout.simulate import Way, simulate
from stackgen.schema.engine import validate
from stackgen.schema.store import Catalogue as Schemas

IMMUTABLE = "schema-immutable"


def rollout(
    bundle: Bundle,
    profile: Profile | None,
    catalog: Catalog,
    old: Iterable[Resource] = (),
    schemas: Schemas | None = None,
) -> Rollout | None:
    """The way from `old` to the bundle; None when no delivery engine applies the bundle.

    profile: of the stack. Without one no flow is known to gate anything. schemas: say which fields
    may not change.
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
    needs = Needs(
        bundle.objects, kinds, installed, world.pods, flows, _elsewhere(release, installed)
    )
    way = Way(steps, needs, installed, world, _polled(bundle, steps, kinds))
    if not before:
        return simulate(way)
    then = Bundle(before)
    watched = None
    if profile is not None:
        past = world_of(then, profile, catalog=catalog)
        policies = {key_of(p.resource): p for p in policies_of(then.objects)}
        watched = Interruptions(past, flows_of(past, profile), flows, policies)
    return simulate(dataclasses.replace(
        way, old_steps=_steps(before, kinds), old=then.objects, interruptions=watched,
        refused=functools.partial(_refused, schemas) if schemas is not None else way.refused,
    ))  # fmt: skip


def _refused(schemas: Schemas, old: Resource, new: Resource) -> tuple[Path, str] | None:
    """The first field that may not change."""
    for problem in validate(new.data, catalogue=schemas, previous=old.data):
        if problem.rule == IMMUTABLE:
            return problem.path, problem.message
    return None


def _steps(resources: Iterable[Resource], kinds: Kinds) -> tuple[Step, ...]:
    folders = Folders(resources)
    return (*flux.steps(folders, kinds), *argocd.steps(folders, kinds))


def _elsewhere(release: Row | None, installed: Installed) -> frozenset[str]:
    """The issuers of a serving platform that others install."""
    if release is None or installed.of(release.data.get("platform", "")):
        return frozenset()
    made = release.data.get("ca", {})
    return frozenset(made[name] for name in ("issuer", "selfsigned_issuer") if name in made)


def _polled(bundle: Bundle, steps: tuple[Step, ...], kinds: Kinds) -> int:
    """How long the engine may take to see a commit: the interval of the steps' source."""
    sources = {step.source for step in steps if not step.remote}
    found = [
        seconds(one.get("spec", "interval")) or 0
        for one in bundle.objects if key_of(one) in sources
    ]  # fmt: skip
    if steps[0].engine == "argocd":
        return kinds.engine("argocd", "reconciliation_seconds")
    return max(found, default=0)
