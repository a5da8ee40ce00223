"""The simulation: steps in the engine's order, and the cluster between them."""

from __future__ import annotations

import dataclasses

from stackgen.manifest.resource import Resource
from stackgen.net.model import World
from stackgen.rollout.installed import Installed
from stackgen.rollout.model import (
    Blocked,
    Change,
    Gate,
    Key,
    Moment,
    Need,
    Rollout,
    Step,
    Unmet,
    key_of,
)
from stackgen.rollout.needs import Needs
from stackgen.rollout.world import Cluster, Network


@dataclasses.dataclass(frozen=True)
class Way:
    """What is to be simulated. old, old_steps: what is there; empty for nothing.

    polled: how long the engine may take to see a commit.
    """

    steps: tuple[Step, ...]
    needs: Needs
    installed: Installed
    endpoints: World | None
    polled: int
    old_steps: tuple[Step, ...] = ()
    old: tuple[Resource, ...] = ()


def simulate(way: Way) -> Rollout:
    """The way to the end. Steps that cannot become ready are noted, and the rest goes on."""
    run = _Run(way)
    run.to_the_end()
    moments = tuple(run.moments.values())
    changing = [
        m.earliest for m in moments if m.pruned or any(c != "unchanged" for _, c in m.changes)
    ]
    return Rollout(
        way.steps[0].engine, not way.old, moments, _once(run.blocked), (),
        max(changing, default=0),
    )  # fmt: skip


def _once(blocked: list[Blocked]) -> tuple[Blocked, ...]:
    """One for each cause, the first: a policy that is late closes several connections."""
    found: dict[tuple[object, ...], Blocked] = {}
    for one in blocked:
        last = one.cause
        late = key_of(last.by) if last.by is not None else last.need
        found.setdefault((key_of(last.resource), late), one)
    return tuple(found.values())


class _Run:
    """One simulation. pending: steps that have not begun; applied: those that have."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.network = Network(way.endpoints)
        self.cluster = Cluster(way.needs, way.installed, self.network, way.old)
        self.pending: dict[str, Step] = {step.name: step for step in way.steps}
        self.applied: dict[str, Step] = {}
        self.done: set[str] = set()
        self.forced: set[str] = set()
        self.moments: dict[str, Moment] = {}
        self.blocked: list[Blocked] = []
        self.names = frozenset(self.pending)
        self.step_of: dict[Key, str] = {}
        for step in way.steps:
            for resource in step.applies:
                self.step_of.setdefault(key_of(resource), step.name)
            self.cluster.steps[key_of(step.resource)] = False
        self.was = {key_of(r): r for r in way.old}

    def to_the_end(self) -> None:
        """All steps; what is stuck is noted, and then taken for ready."""
        while self.pending or len(self.done) < len(self.applied):
            began = [s for s in tuple(self.pending.values()) if self._begins(s)]
            self.cluster.settle()
            ended = [s for s in self.applied.values() if self._ends(s)]
            for step in ended:
                self._finish(step)
            if not began and not ended:
                self._release()
        for key, resource in tuple(self.cluster.waiting.items()):
            if key in self.step_of:
                step = self.applied[self.step_of[key]]
                self._note(step, key, resource, awaited=False)

    # -- in order -----------------------------------------------------------------------------

    def _in_turn(self, step: Step) -> bool:
        if step.name in self.forced:
            return True
        parent = not step.parent or step.parent in self.applied
        return parent and all(name in self.done for name in step.after)

    def _begins(self, step: Step) -> bool:
        """Begin a step whose turn it is, when the API server takes all of its objects."""
        if not self._in_turn(step):
            return False
        if step.name not in self.forced and any(self._refused(step)):
            return False
        del self.pending[step.name]
        self.applied[step.name] = step
        self._apply(step)
        return True

    def _refused(self, step: Step) -> list[tuple[Resource, Need]]:
        """The objects that are not taken. Definitions and namespaces of the step come first."""
        found = []
        for resource in step.applies:
            need = self.cluster.admits(resource)
            if need is None:
                continue
            own = need.target is not None and self.step_of.get(need.target) == step.name
            if not (need.kind == "object" and own):
                found.append((resource, need))
        return found

    def _apply(self, step: Step) -> None:
        changes: list[tuple[Key, Change]] = []
        for resource in step.applies:
            key = key_of(resource)
            was = self.was.get(key)
            change: Change = "changed"
            if key not in self.cluster.there:
                change = "created"
            elif was is not None and was.data == resource.data:
                change = "unchanged"
            changes.append((key, change))
            if change != "unchanged":
                self.cluster.apply(resource)
        before = [self.moments[n].hop for n in (*step.after, step.parent) if n in self.moments]
        hop = 1 + max(before, default=-1)
        earliest = self.way.polled + hop * step.reach
        self.moments[step.name] = Moment(
            step, hop, tuple(changes), (), tuple(self._unknown(step)), earliest
        )

    def _unknown(self, step: Step) -> list[str]:
        """What a step counts on and nothing of the rollout makes."""
        found = [need.text for r in step.applies for need in self.way.needs.assumed(r)]
        found += [str(gate.key) for gate in step.gates if not self._knows(gate)]
        return list(dict.fromkeys(found))

    def _knows(self, gate: Gate) -> bool:
        controller = self.way.installed.controller_of(gate.key)
        return gate.key in self.way.needs.there or bool(self.way.installed.of(controller))

    def _ends(self, step: Step) -> bool:
        return step.name not in self.done and all(self._passed(gate) for gate in step.gates)

    def _finish(self, step: Step) -> None:
        self.done.add(step.name)
        self.cluster.steps[key_of(step.resource)] = True

    def _passed(self, gate: Gate) -> bool:
        if gate.key in self.way.needs.there:
            return gate.key in self.cluster.ready
        controller = self.way.installed.controller_of(gate.key)
        return not self.way.installed.of(controller) or self.cluster.runs(controller)

    # -- what stays ---------------------------------------------------------------------------

    def _release(self) -> None:
        """Note what keeps the first step that is stuck, and go on as if it were ready."""
        for name, step in self.applied.items():
            if name not in self.done:
                for gate in step.gates:
                    if not self._passed(gate):
                        self._note(step, gate.key, self.way.needs.there.get(gate.key))
                self._finish(step)
                return
        stuck = next((s for s in self.pending.values() if self._in_turn(s)), None)
        if stuck is not None:
            for resource, need in self._refused(stuck):
                self._note(stuck, key_of(resource), resource, only=need)
        else:
            stuck = next(iter(self.pending.values()))
            self._add(stuck, key_of(stuck.resource), self._out_of_order(stuck))
        self.forced.add(stuck.name)

    def _out_of_order(self, step: Step) -> tuple[Unmet, ...]:
        """A step whose turn never comes: it depends on itself, or on what is not there."""
        absent = [name for name in step.after if name not in self.names]
        if absent:
            text = f"the step {absent[0]}, which is not there"
        else:
            circle = " -> ".join((*self._circle(step), step.name))
            text = f"itself: {circle}"
        need = Need("never", text, step.path or ("spec", "dependsOn"), rule="rollout-order")
        return (Unmet(step.resource, need, "never"),)

    def _circle(self, step: Step) -> list[str]:
        """A way along the dependencies from a step back to itself."""
        at: Step | None = step
        names: list[str] = []
        while at is not None and at.name not in names:
            names.append(at.name)
            after = (*at.after, *((at.parent,) if at.parent else ()))
            at = next((self.pending[n] for n in after if n in self.pending), None)
        return names

    def _note(
        self, step: Step, key: Key, resource: Resource | None, *, only: Need | None = None,
        awaited: bool = True,
    ) -> None:  # fmt: skip
        """Note all causes that keep an object, or a controller's Deployment, from being ready."""
        if resource is None:
            controller = self.way.installed.controller_of(key)
            chains = self.cluster.of_controller(controller, self._step_of)
        else:
            chains = self.cluster.unmet(resource, self._step_of, only)
        for chain in chains:
            self._add(step, key, (*chain[:-1], self._opened(chain[-1])), awaited)
        if awaited and only is None:
            self.cluster.take_for_ready(key)

    def _step_of(self, key: Key) -> str:
        return self.step_of.get(key, "")

    def _opened(self, unmet: Unmet) -> Unmet:
        """A closed flow with the policy of a later step that would open it, where there is one."""
        flow = unmet.need.flow
        if unmet.why != "closed" or flow is None:
            return unmet
        for step in self.pending.values():
            for resource in step.applies:
                for policy in self.network.policies(resource):
                    policies = {**self.cluster.policies, key_of(resource): policy}
                    if self.network.is_open(flow, policies):
                        return dataclasses.replace(unmet, step=step.name, by=resource)
        return unmet

    def _add(self, step: Step, key: Key, chain: tuple[Unmet, ...], awaited: bool = True) -> None:
        holds = self._behind(step) if awaited else ()
        self.blocked.append(Blocked(step, key, chain, awaited, holds))

    def _behind(self, step: Step) -> tuple[str, ...]:
        """The steps that come after a step, one way or another."""
        found = {step.name}
        size = 0
        while size < len(found):
            size = len(found)
            found |= {s.name for s in self.way.steps if found & {*s.after, s.parent}}
        return tuple(s.name for s in self.way.steps if s.name in found and s.name != step.name)
