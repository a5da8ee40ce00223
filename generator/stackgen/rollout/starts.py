"""Servers that may start for longer than the step waits that applies them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.facts.lifecycle import startup_budget
from stackgen.facts.templates import Services, templates
from stackgen.manifest.resource import Resource
from stackgen.rollout.model import Moment, Slow, key_of


def slow_starts(moments: Iterable[Moment], services: Services) -> Iterator[Slow]:
    """What changes in a step that waits for it, and may need more than the step's timeout.

    services: how the kinds of serving platforms describe their pods.
    """
    for moment in moments:
        step = moment.step
        news = {key for key, change in moment.changes if change != "unchanged"}
        news &= {gate.key for gate in step.gates if gate.condition and not gate.blind}
        for resource in step.applies if step.timeout and news else ():
            if key_of(resource) in news:
                seconds = _longest(resource, services)
                if seconds > step.timeout:
                    yield Slow(step, key_of(resource), seconds)


def _longest(resource: Resource, services: Services) -> int:
    """What the probes of its servers allow for a start; 0 where they say nothing."""
    budgets = [
        startup_budget(workload.server)
        for workload in templates(resource, services)
        if workload.server is not None and workload.replicas.value != 0
    ]
    return max((one.seconds for one in budgets if one is not None), default=0)
