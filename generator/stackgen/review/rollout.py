"""The way of the change through the cluster: its steps, what is away meanwhile, and what stops."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.manifest.resource import Bundle
from stackgen.review.model import Consequence, Side
from stackgen.review.risks import consequence
from stackgen.rollout.model import Rollout
from stackgen.rollout.words import away_texts, changed, held_text, said


def rollouts_of(old: Side, new: Side) -> tuple[Rollout, ...]:
    """The rollout of each delivery that the change touches; none without a delivery engine."""
    from stackgen.net.profile import profile_of
    from stackgen.rollout.rollout import Known, known_of, rollouts

    compiled = new.compiled
    catalog = new.catalog.copy()
    if compiled is not None and compiled.bundle is not None and compiled.plan is not None:
        known = known_of(compiled.bundle, profile_of(compiled.plan), catalog)
    else:
        from stackgen.net.world import world_of

        bundle = Bundle(new.objects)
        known = Known(bundle, catalog, world_of(bundle, catalog=catalog), complete=False)
    found = [one.rollout for one in rollouts(known, old.objects)]
    return tuple(one for one in found if any(changed(m) for m in one.moments) or one.vanished)


def of_rollouts(found: tuple[Rollout, ...]) -> Iterator[Consequence]:
    """What stops, and what is away meanwhile."""
    for one in found:
        for blocked in one.blocked:
            yield consequence("rollout-stops", what=said(blocked) + held_text(blocked))
        for text in away_texts(one):
            yield consequence("rollout-away", what=text)
