"""The causes among all that never becomes ready."""

from __future__ import annotations

from stackgen.rollout.model import Blocked, key_of


def causes(blocked: list[Blocked]) -> tuple[Blocked, ...]:
    """One for each cause, the first: a policy that is late closes several connections, and a
    controller that is late several objects. What waits for the object of another cause is none.
    """
    found: dict[tuple[object, ...], Blocked] = {}
    blocked = _without_circles(blocked)
    first = [one for one in blocked if one.cause.why != "waits"]
    held = {one.key for one in first}
    held |= {key_of(link.by) for one in first for link in one.chain if link.by is not None}
    for one in blocked:
        last = one.cause
        if last.why == "waits" and last.by is not None and key_of(last.by) in held:
            continue
        late = key_of(last.by) if last.by is not None else last.need
        whose = last.need.controller or key_of(last.resource)
        found.setdefault((whose, late), one)
    return tuple(found.values())


def _without_circles(blocked: list[Blocked]) -> list[Blocked]:
    """The first of the steps that depend on themselves, without what waits in the circle."""
    circles = [one for one in blocked if one.cause.need.circle]
    if not circles:
        return blocked
    inside = {name for one in circles for name in one.cause.need.circle}
    return [
        one for one in blocked
        if one is circles[0]
        or not (one.cause.need.circle or (one.cause.why == "later" and one.cause.step in inside))
    ]  # fmt: skip
