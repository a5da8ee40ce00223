"""From two renders to the rollout between them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.shape import as_dict
from stackgen.facts.templates import Services
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.flows import Flow, flows_of
from stackgen.net.model import World
from stackgen.net.policies import policies_of
from stackgen.net.profile import Profile
from stackgen.net.selectors import EVERYTHING
from stackgen.net.world import world_of
from stackgen.platforms.registry import service_workloads
from stackgen.record import record
from stackgen.rollout.away import Interruptions
from stackgen.rollout.deliveries import Delivery, deliveries
from stackgen.rollout.durations import seconds
from stackgen.rollout.installed import Installed
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Rollout, key_of
from stackgen.rollout.needs import Needs
from stackgen.rollout.order import Order
from stackgen.rollout.simulate import Way, simulate
from stackgen.rollout.starts import slow_starts
from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog as Schemas

IMMUTABLE = "schema-immutable"


_HEALTH = "resource.customizations.health."
_OF_STACK = ("app.kubernetes.io/managed-by", "stackgen")


@record
class Known:
    """A bundle with what is known of its pods. profile: of the stack; None without one: then
    no connection is known to gate anything. flows: those of the profile. complete: all that the
    steps apply is there; else other manifests may have the rest. release: the row that is meant,
    where no profile has it.
    """

    bundle: Bundle
    catalog: Catalog
    world: World
    flows: Sequence[Flow] = ()
    profile: Profile | None = None
    complete: bool = True
    release: Row | None = None


@record
class Simulated:
    """A rollout, and the order of its steps.

    later: the same where the policies that select whole namespaces are in force already, as they
    are for all that is added after the first installation; None from an earlier render, and where
    no connection gates anything.
    """

    rollout: Rollout
    order: Order
    later: Rollout | None = None


def known_of(bundle: Bundle, profile: Profile | None, catalog: Catalog) -> Known:
    """A bundle with its Pods and flows."""
    world = world_of(bundle, profile, catalog=catalog)
    flows = flows_of(world, profile) if profile is not None else ()
    return Known(bundle, catalog, world, flows, profile)


def rollouts(
    known: Known, old: Iterable[Resource] = (), schemas: Schemas | None = None
) -> list[Simulated]:
    """The way from `old` to the bundle, for each delivery; none where no engine applies it.

    schemas: say which fields may not change.
    """
    kinds = Kinds(known.catalog, _health(known))
    before = tuple(old)
    past = {one.name: one for one in deliveries(before, kinds)}
    earlier = _Earlier(past, _past(known, before), schemas) if before else None
    return [
        _rollout(known, one, kinds, earlier) for one in deliveries(known.bundle.resources, kinds)
    ]


def _health(known: Known) -> frozenset[str] | None:
    """The kinds for which the input has health settings of Argo CD.

    None for a stack, whose settings `stackgen bootstrap` writes.
    """
    labels = (as_dict(one.metadata.get("labels")) for one in known.bundle.objects)
    if known.profile is not None or any(_OF_STACK in one.items() for one in labels):
        return None
    settings = (as_dict(one.get("data")) for one in known.bundle.of_kind("ConfigMap", ""))
    return frozenset(
        str(key).removeprefix(_HEALTH)
        for data in settings
        for key in data
        if str(key).startswith(_HEALTH)
    )


@record
class _Earlier:
    """What was there before. deliveries: by name. known: with the Pods and flows of then."""

    deliveries: Mapping[str, Delivery]
    known: Known | None
    schemas: Schemas | None


def _past(known: Known, before: tuple[Resource, ...]) -> Known | None:
    if known.profile is None:
        return None
    return known_of(Bundle(before), known.profile, known.catalog)


def _rollout(known: Known, delivery: Delivery, kinds: Kinds, earlier: _Earlier | None) -> Simulated:
    release = known.profile.release if known.profile is not None else known.release
    installed = Installed(delivery.objects, kinds, release)
    services = service_workloads(
        known.catalog, release.key if release is not None else "", Bundle(delivery.objects)
    )
    needs = Needs(
        delivery.objects, kinds, installed, known.world, known.flows,
        _elsewhere(release, installed), known.complete, services,
    )  # fmt: skip
    way = Way(
        delivery.name, delivery.steps, needs, installed, known.world,
        _polled(delivery, kinds), complete=known.complete,
    )  # fmt: skip
    order = Order(delivery.steps, needs, kinds)
    if earlier is not None:
        return Simulated(_with_starts(known, simulate(_from(way, known, earlier)), services), order)
    closed = tuple(
        p.resource for p in policies_of(delivery.objects)
        if p.isolates and not (p.subject.pods or EVERYTHING).requirements
    )  # fmt: skip
    # Policies hold back what waits for a connection, and nothing else.
    later = simulate(dataclasses.replace(way, old=closed)) if closed and known.flows else None
    return Simulated(_with_starts(known, simulate(way), services), order, later)


def _with_starts(known: Known, found: Rollout, services: Services) -> Rollout:
    """With the servers that may start for longer than their step waits, where all is known."""
    if not known.complete:
        return found
    return dataclasses.replace(found, slow=tuple(slow_starts(found.moments, services)))


def _from(way: Way, known: Known, earlier: _Earlier) -> Way:
    """The way with what is there at its beginning."""
    past = earlier.deliveries.get(way.name)
    if past is None:
        return way
    watched = None
    if earlier.known is not None:
        policies = {key_of(p.resource): p for p in policies_of(past.objects)}
        then = earlier.known
        watched = Interruptions(then.world, then.flows, known.flows, policies)
    schemas = earlier.schemas
    return dataclasses.replace(
        way, old_steps=past.steps, old=past.objects, interruptions=watched,
        refused=functools.partial(_refused, schemas) if schemas is not None else way.refused,
    )  # fmt: skip


def _refused(schemas: Schemas, old: Resource, new: Resource) -> tuple[Path, str] | None:
    """The first field that may not change."""
    for problem in validate(new.data, catalog=schemas, previous=old.data):
        if problem.rule == IMMUTABLE:
            # The message may quote the value of a Secret.
            hidden = new.kind == "Secret"
            return problem.path, "a field that may not change" if hidden else problem.message
    return None


def _elsewhere(release: Row | None, installed: Installed) -> frozenset[str]:
    """The issuers of a serving platform that others install."""
    if release is None or installed.of(release.data.get("platform", "")):
        return frozenset()
    made = release.data.get("ca", {})
    return frozenset(made[name] for name in ("issuer", "selfsigned_issuer") if name in made)


def _polled(delivery: Delivery, kinds: Kinds) -> int:
    """How long the engine may take to see a commit: the interval of the steps' source."""
    if delivery.steps[0].engine == "argocd":
        return kinds.engine("argocd", "reconciliation_seconds")
    sources = {step.source for step in delivery.steps if not step.remote}
    found = [
        seconds(one.get("spec", "interval")) or 0
        for one in delivery.objects if key_of(one) in sources
    ]  # fmt: skip
    return max(found, default=0)
