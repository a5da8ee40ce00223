"""The records of a rollout: steps, what each waits for, and what never becomes ready.

Durations are in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.flows import Flow
from stackgen.record import record

Engine = Literal["flux", "argocd"]


class Key(NamedTuple):
    """What makes an object the same one."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else self.title

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{self.kind} {self.name}"


def key_of(resource: Resource) -> Key:
    """The key of an object."""
    return Key(resource.group, resource.kind, resource.namespace, resource.name)


NeedKind = Literal["object", "made", "controller", "flow", "quota", "never"]


@record
class Need:
    """What an object needs to become ready. text: as messages say it. path: in the object.

    object: `target` is there and, with `ready`, ready. made: `target`, such as a Secret, is there
    or was made; what nothing here makes is taken to be there. controller: `controller` runs. flow:
    `flow` is open. quota: `target` allows the pods. never: cannot be met; `text` says why. start:
    it is needed before the object is taken at all. rule: that is about it, where the kind of need
    does not say. circle: the steps that depend on each other.
    """

    kind: NeedKind
    text: str
    path: Path = ()
    target: Key | None = None
    controller: str = ""
    flow: Flow | None = None
    ready: bool = True
    start: bool = False
    rule: str = ""
    circle: tuple[str, ...] = ()


@record
class Gate:
    """An object that must be ready before a step is.

    guarded: the engine waits although the object has no status yet. Without, it may look before
    the controller has written a status, and go on. condition: that says ready; empty for what is
    ready once it is applied. path: in the delivery object. blind: the engine reads nothing in its
    status, and goes on.
    """

    key: Key
    guarded: bool
    condition: str = ""
    path: Path = ()
    blind: bool = False


@record
class Step:
    """One delivery object, or one wave of it, and what it applies.

    resource: the Flux Kustomization, Argo CD Application or ApplicationSet. path: the part of it
    that is about the step. after: names of steps that come first. parent: the step that applies the
    delivery object itself; empty when bootstrap does. applies: in order. remote: what it applies is
    in another repository, and not known here. timeout, retry, interval: 0 for an engine without.
    leaves: the setting because of which its objects stay when the delivery object is deleted; empty
    when they are deleted with it.
    reach: how long the engine takes to see that the steps before are ready, with the
    settings of `stackgen bootstrap`; usual_reach: without. key: the object whose
    readiness is the step's. prune_last: what it no longer applies goes when the rest is ready, not
    before. lacks: why the engine never begins it. unit: the delivery object by name; the waves of
    an Application are steps of one unit, which prunes as a whole. creates: the namespaces that the
    engine creates for it.
    """

    name: str
    unit: str
    engine: Engine
    resource: Resource
    after: tuple[str, ...]
    applies: tuple[Resource, ...]
    gates: tuple[Gate, ...]
    path: Path = ()
    parent: str = ""
    remote: bool = False
    prune: bool = False
    timeout: int = 0
    retry: int = 0
    interval: int = 0
    reach: int = 0
    usual_reach: int = 0
    source: Key | None = None
    key: Key | None = None
    prune_last: bool = False
    leaves: str = ""
    lacks: Need | None = None
    creates: frozenset[str] = frozenset()


Why = Literal["later", "closed", "missing", "waits", "never"]


def steps_after(steps: Iterable[Step], name: str) -> list[Step]:
    """The steps that come after the one of this name, one way or another, in their order."""
    steps, found, new = tuple(steps), set[str](), {name}
    while new:
        new = {step.name for step in steps if new & {*step.after, step.parent}} - found
        found |= new
    return [step for step in steps if step.name in found]


@record
class Unmet:
    """A need that is not met. why: `later` and `closed` (a later step brings the object, or the
    policy), `missing` (no step does), `waits` (the object is there and not ready), `never`.

    step: the step that would meet it; empty for none. by: the object in it.
    """

    resource: Resource
    need: Need
    why: Why
    step: str = ""
    by: Resource | None = None


@record
class Blocked:
    """An object that can never become ready. chain: from the object to the cause, the last.

    awaited: the step waits for it, and holds the steps `holds` back; else only the object fails.
    """

    step: Step
    key: Key
    chain: tuple[Unmet, ...]
    awaited: bool = True
    holds: tuple[str, ...] = ()

    @property
    def cause(self) -> Unmet:
        """The need at the end of the chain."""
        return self.chain[-1]


@record
class Away:
    """What does not answer meanwhile. since, until: steps; until empty: to the end."""

    what: str
    why: str
    since: str
    until: str
    resource: Resource | None = None


@record
class Exposed:
    """Pods that start before the policy that isolates them. until: the step of the policy."""

    pods: str
    resource: Resource
    step: Step
    policy: Resource
    until: str


@record
class Slow:
    """An object whose servers may start for longer than its step waits. seconds: for a start."""

    step: Step
    key: Key
    seconds: int


Change = Literal["created", "changed", "unchanged"]


@record
class Moment:
    """A step in its turn. hop: how many steps came before it, one after another.

    changes: of what it applies, by key. pruned: what it removes. unknown: what it counts on and
    nothing of the rollout makes. earliest: when it begins if every wait is over immediately.
    """

    step: Step
    hop: int
    changes: tuple[tuple[Key, Change], ...]
    pruned: tuple[Key, ...]
    unknown: tuple[str, ...]
    earliest: int


@record
class Rollout:
    """The way from what is there to what is wanted. delivery: the folder of its delivery objects.

    first: nothing was there before. seconds: until the last step of the change begins, when every
    wait is over immediately; usual_seconds: the same without the settings of `stackgen bootstrap`.
    vanished: steps that are gone, and the objects that are removed with them. exposed: Pods that
    start before their policies are there. slow: servers that may start for longer than their step
    waits.
    """

    delivery: str
    engine: Engine
    first: bool
    moments: tuple[Moment, ...]
    blocked: tuple[Blocked, ...]
    away: tuple[Away, ...]
    seconds: int
    usual_seconds: int
    vanished: tuple[tuple[str, tuple[Key, ...]], ...] = ()
    exposed: tuple[Exposed, ...] = ()
    slow: tuple[Slow, ...] = ()
