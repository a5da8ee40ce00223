"""The order of the steps: what each waits for, of the steps that are there.

A step waits for another only where it says so itself, or where a step between them does not exist.
Each hop costs Flux up to `--requeue-dependency`, so nothing is waited for twice, and steps that do
not need each other go side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from stackgen.origin import Traced, computed
from stackgen.render.delivery import Step

Needs = Mapping[str, tuple[str, ...]]
WHY = "the step needs what the other one sets up"


def dependencies(step: Step, steps: Sequence[Step]) -> list[Traced[str | None]]:
    """The names of the steps that `step` waits for; None in the place of one that does not exist.

    Each name depends on whether its step is there, and on the absence of steps in between.
    """
    needs = {one.name: one.needs for one in steps}
    there = {one.name: one.there for one in steps}
    present = frozenset(name for name, is_there in there.items() if is_there.value)
    now = waited(step.name, needs, present)
    added = {
        name: waited(step.name, needs, present | {name})
        for name in _above(step.name, needs)
        if name not in present
    }
    found: list[Traced[str | None]] = []
    for name in needs:  # in the order of the steps
        if name in now:
            between = [there[one] for one, then in added.items() if name not in then]
            found.append(computed(
                "delivery/order", WHY, partial(_named, name), there[name], between
            ))  # fmt: skip
        elif name in added.get(name, ()):
            found.append(computed("delivery/order", WHY, lambda _: None, there[name]))
    return found


def _named(name: str, *_: object) -> str:
    return name


def waited(step: str, needs: Needs, present: frozenset[str]) -> tuple[str, ...]:
    """The steps that `step` waits for, none of which another of them waits for already."""
    direct = _reached(step, needs, present)
    behind = {far for near in direct for far in _behind(near, needs, present)}
    return tuple(name for name in direct if name not in behind)


def levels(steps: Sequence[Step]) -> list[list[str]]:
    """The names of the steps that are there, in groups: each needs only earlier groups."""
    needs = {step.name: step.needs for step in steps}
    present = frozenset(step.name for step in steps if step.there.value)
    level: dict[str, int] = {}
    for step in steps:
        if step.name in present:
            before = waited(step.name, needs, present)
            level[step.name] = 1 + max((level[name] for name in before), default=-1)
    groups: list[list[str]] = [[] for _ in range(1 + max(level.values(), default=-1))]
    for name, number in level.items():
        groups[number].append(name)
    return groups


def _reached(step: str, needs: Needs, present: frozenset[str]) -> tuple[str, ...]:
    """What the step needs, with the needs of those that do not exist in their place."""
    found: dict[str, None] = {}
    for name in needs[step]:
        if name in present:
            found[name] = None
        elif name in needs:
            found |= dict.fromkeys(_reached(name, needs, present))
    return tuple(found)


def _behind(step: str, needs: Needs, present: frozenset[str]) -> set[str]:
    near = _reached(step, needs, present)
    return {*near, *(far for name in near for far in _behind(name, needs, present))}


def _above(step: str, needs: Needs) -> set[str]:
    near = [name for name in needs[step] if name in needs]
    return {*near, *(far for name in near for far in _above(name, needs))}
