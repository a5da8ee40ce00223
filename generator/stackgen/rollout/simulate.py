"""The simulation: steps in the engine's order, and the cluster between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.flows import Flow
from stackgen.net.model import World
from stackgen.net.policies import DIRECTIONS, Policy
from stackgen.record import record
from stackgen.rollout.applied import is_replaced
from stackgen.rollout.away import Interruptions
from stackgen.rollout.causes import causes
from stackgen.rollout.installed import Installed
from stackgen.rollout.model import (
    Away,
    Blocked,
    Change,
    Exposed,
    Gate,
    Key,
    Moment,
    Need,
    Rollout,
    Step,
    Unmet,
    key_of,
    steps_after,
)
from stackgen.rollout.needs import Needs
from stackgen.rollout.network import Network, acting, is_open
from stackgen.rollout.removal import by_unit, kept, vanished
from stackgen.rollout.world import Cluster


@record
class Way:
    """What is to be simulated. name: of the delivery. old, old_steps: what is there; empty for
    nothing.

    polled: how long the engine may take to see a commit. refused: what the API server says of a
    change, with the path, where it does not take it. interruptions: what is watched meanwhile.
    complete: what no object is there for is missing; else other manifests may have it.
    """

    name: str
    steps: tuple[Step, ...]
    needs: Needs
    installed: Installed
    endpoints: World | None
    polled: int
    old_steps: tuple[Step, ...] = ()
    old: tuple[Resource, ...] = ()
    refused: Callable[[Resource, Resource], tuple[Path, str] | None] = lambda old, new: None
    interruptions: Interruptions | None = None
    complete: bool = True


def simulate(way: Way) -> Rollout:
    """The way to the end. Steps that cannot become ready are noted, and the rest goes on."""
    run = _Run(way)
    run.to_the_end()
    moments = tuple(run.moments.values())
    last = max(
        (m for m in moments if m.pruned or any(c != "unchanged" for _, c in m.changes)),
        key=lambda m: m.earliest, default=None,
    )  # fmt: skip
    closed = way.interruptions.end() if way.interruptions is not None else ()
    return Rollout(
        way.name, way.steps[0].engine, not way.old, moments, causes(run.blocked),
        (*run.away, *closed), last.earliest if last else 0,
        way.polled + last.hop * last.step.usual_reach if last else 0, tuple(run.vanished.items()),
        tuple(run.exposed),
    )  # fmt: skip


class _Run:
    """One simulation. pending: steps that have not begun; applied: those that have."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.network = Network(way.endpoints)
        self.cluster = Cluster(way.needs, way.installed, self.network, way.old)
        # Argo CD runs, in the namespace of its Applications, before it applies anything.
        argocd = (step for step in way.steps if step.engine == "argocd")
        self.cluster.created.update(step.resource.namespace for step in argocd)
        self.pending: dict[str, Step] = {step.name: step for step in way.steps}
        self.applied: dict[str, Step] = {}
        self.done: set[str] = set()
        self.forced: set[str] = set()
        self.moments: dict[str, Moment] = {}
        self.blocked: list[Blocked] = []
        self.names = frozenset(self.pending)
        self.step_of: dict[Key, str] = {}
        self.appliers: dict[Key, set[str]] = {}
        for step in way.steps:
            for resource in step.applies:
                self.step_of.setdefault(key_of(resource), step.name)
                self.appliers.setdefault(key_of(resource), set()).add(step.name)
            if step.key is not None:
                self.cluster.steps[step.key] = False
        wanted = way.needs.there.values()
        last = {key_of(r): p for r in wanted for p in self.network.policies(r)}
        self.final = self.network.under(last) if way.endpoints and last else None
        self.was = {key_of(r): r for r in way.old}
        self.owner = {key_of(r): s.unit for s in way.old_steps for r in s.applies}
        self.units = by_unit(way.steps, way.needs.there.values())
        self.exposed: list[Exposed] = []
        self.away: list[Away] = []
        self.vanished: dict[str, tuple[Key, ...]] = {}
        self.removed: dict[Key, str] = {}

    def to_the_end(self) -> None:
        """All steps; what is stuck is noted, and then taken for ready."""
        self._vanish()
        for resource in self._bootstrapped():
            self.cluster.apply(resource)
        while self.pending or len(self.done) < len(self.applied):
            began = [s for s in tuple(self.pending.values()) if self._begins(s)]
            self.cluster.settle()
            ended = [s for s in self.applied.values() if self._ends(s)]
            for step in ended:
                self._finish(step)
            if not began and not ended:
                self._release()
        for key, resource in tuple(self.cluster.waiting.items()):
            users = [s for s in self.way.steps if s.source == key]
            name = self.step_of.get(key) or (users[0].name if users else "")
            if name:
                self._note(self.applied[name], key, resource, awaited=False)

    def _bootstrapped(self) -> list[Resource]:
        """What is applied beside the steps: all of the folders that hold delivery objects."""
        folders = {step.resource.file.rpartition("/")[0] for step in self.way.steps}
        return [
            r for key, r in self.way.needs.there.items()
            if key not in self.step_of and r.file.rpartition("/")[0] in folders
        ]  # fmt: skip

    # -- in order -----------------------------------------------------------------------------

    def _in_turn(self, step: Step) -> bool:
        if step.name in self.forced:
            return True
        parent = not step.parent or step.parent in self.applied
        return parent and all(self._over(name) for name in step.after)

    def _over(self, name: str) -> bool:
        return name in self.done or (name not in self.names and not self.way.complete)

    def _begins(self, step: Step) -> bool:
        """Begin a step whose turn it is, when the API server takes all of its objects."""
        if not self._in_turn(step) or (step.lacks is not None and step.name not in self.forced):
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
            target = need.target
            if target is not None and target.kind == "Namespace" and target.name in step.creates:
                continue
            targets = self.way.needs.targets(need)
            by = {name for key in targets for name in self.appliers.get(key, ())}
            # Argo CD applies the other objects of the wave, and tries again.
            first = need.kind == "object" or step.engine == "argocd"
            if not (first and step.name in by):
                found.append((resource, need))
        return found

    def _apply(self, step: Step) -> None:
        self.cluster.created.update(step.creates)
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
            self.owner[key] = step.unit
            if change != "unchanged":
                self._put(step, resource)
        pruned = () if step.prune_last else self._prune(step)
        before = [self.moments[n].hop for n in (*step.after, step.parent) if n in self.moments]
        hop = 1 + max(before, default=-1)
        earliest = self.way.polled + hop * step.reach
        self.moments[step.name] = Moment(
            step, hop, tuple(changes), pruned, tuple(self._unknown(step)), earliest
        )
        self._look(step)
        self._start_pods(step)

    def _start_pods(self, step: Step) -> None:
        """Note the Pods of a step that some policy will isolate, and none does yet."""
        last = self.final
        for resource in step.applies if last is not None else ():
            for pod in self.way.needs.pods_of(resource):
                wanted = [p for d in DIRECTIONS for p in last.acting(d, pod)] if last else []
                late = [p for p in wanted if key_of(p.resource) not in self.cluster.policies]
                if late and len(late) == len(wanted):
                    until = self._step_of(key_of(late[0].resource))
                    self.exposed.append(Exposed(str(pod), resource, step, late[0].resource, until))

    def _put(self, step: Step, resource: Resource) -> None:
        """Apply an object; one that was removed before was away until now."""
        key = key_of(resource)
        was = self.was.get(key) if key in self.cluster.there else None
        refusal = self.way.refused(was, resource) if was is not None else None
        if refusal is not None and was is not None:
            if is_replaced(resource):
                why = "deleted and created again, since a field changes that may not"
                self.away.append(Away(str(key), why, step.name, step.name, resource))
            else:
                path, said = refusal
                need = Need("never", f"another name, or to be deleted first: {said}", path,
                            rule="rollout-immutable")  # fmt: skip
                self._add(step, key, (Unmet(resource, need, "never"),))
                return
        if key in self.removed:
            since = self.removed.pop(key)
            why = "removed before the step that it moves to applies it"
            self.away.append(Away(str(key), why, since, step.name, resource))
        self.cluster.apply(resource)

    def _look(self, step: Step) -> None:
        if self.way.interruptions is not None:
            self.way.interruptions.look(step.name, self.cluster.policies)

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
        if step.key is not None:
            self.cluster.steps[step.key] = True
        if step.prune_last and step.name in self.moments:
            moment = self.moments[step.name]
            self.moments[step.name] = dataclasses.replace(moment, pruned=self._prune(step))
            self._look(step)

    # -- what goes ----------------------------------------------------------------------------

    def _prune(self, step: Step) -> tuple[Key, ...]:
        """Remove what the unit applied before and no longer does, unless another one has it.

        Where its path is gone, the engine reports an error and removes nothing.
        """
        if not step.prune or step.remote:
            return ()
        keeps = {key_of(r) for one in self.units[step.unit] for r in one.applies}
        was = [r for s in self.way.old_steps if s.unit == step.unit for r in s.applies]
        return self._remove(step, [r for r in was if key_of(r) not in keeps])

    def _remove(
        self, step: Step, objects: list[Resource], with_step: bool = False
    ) -> tuple[Key, ...]:
        gone = []
        for resource in objects:
            key = key_of(resource)
            own = self.owner.get(key) == step.unit and key in self.cluster.there
            if own and not kept(resource, step.engine, with_step=with_step):
                self.cluster.remove(key)
                gone.append(key)
                if key in self.step_of:
                    self.removed[key] = step.name
        return tuple(gone)

    def _vanish(self) -> None:
        """What units applied that are no longer there goes with them, unless they leave it."""
        lost = vanished(self.way.old_steps, self.units)
        for step in self.way.old_steps:
            if step.unit in lost:
                gone = () if lost[step.unit] else self._remove(step, list(step.applies), True)
                self.vanished[step.unit] = (*self.vanished.get(step.unit, ()), *gone)

    def _passed(self, gate: Gate) -> bool:
        if gate.key in self.way.needs.there:
            return gate.key in self.cluster.ready
        controller = self.way.installed.controller_of(gate.key)
        return not self.way.installed.of(controller) or self.cluster.runs(controller)

    # -- what stays ---------------------------------------------------------------------------

    def _release(self) -> None:
        """Note what keeps the first step that is stuck, and go on as if it were ready.

        A step that only waits for another stuck step is no cause, unless that one waits for it.
        """
        stuck = [s for n, s in self.applied.items() if n not in self.done]
        stuck += [s for s in self.pending.values() if self._in_turn(s)]
        step = next((s for s in stuck if not self._waits_for_others(s)), None) or next(
            iter((*stuck, *self.pending.values()))
        )
        if step.name in self.applied:
            for gate in step.gates:
                if not (gate.blind or self._passed(gate)):
                    self._note(step, gate.key, self.way.needs.there.get(gate.key))
            self._finish(step)
            return
        if step in stuck:
            if step.lacks is not None:
                chain = (Unmet(step.resource, step.lacks, "never"),)
                self._add(step, step.key or key_of(step.resource), chain)
            for resource, need in self._refused(step):
                self._note(step, key_of(resource), resource, only=need)
        else:
            step = self.pending[self._circle(step)[0]]
            self._add(step, step.key or key_of(step.resource), self._out_of_order(step))
        self.forced.add(step.name)

    def _waits_for_others(self, step: Step) -> bool:
        """Whether what a stuck step lacks comes with steps that go on without this one."""
        if step.name in self.applied:
            gates = ((g.key, self.way.needs.there.get(g.key)) for g in step.gates)
            chains = [
                chain
                for key, resource in gates
                if resource is not None and key not in self.cluster.ready
                for chain in self.cluster.unmet(resource, self._step_of)
            ]
            lacking = {chain[-1].step for chain in chains}
        else:
            lacking = {
                self._step_of(key)
                for _, need in self._refused(step)
                for key in self.way.needs.targets(need)
            }
        behind = {one.name for one in steps_after(self.way.steps, step.name)} | {step.name}
        open_steps = self.names - self.done
        return bool(lacking) and lacking <= open_steps - behind

    def _out_of_order(self, step: Step) -> tuple[Unmet, ...]:
        """A step whose turn never comes: it depends on itself, or on what does not exist."""
        absent = [name for name in step.after if name not in self.names]
        circle: tuple[str, ...] = ()
        if absent:
            text = f"the step {absent[0]}, which does not exist"
        else:
            circle = self._circle(step)
            text = f"itself: {' -> '.join((*circle, circle[0]))}"
        path = step.path or ("spec", "dependsOn")
        need = Need("never", text, path, rule="rollout-order", circle=circle)
        return (Unmet(step.resource, need, "never"),)

    def _circle(self, step: Step) -> tuple[str, ...]:
        """The steps of a circle, to which the dependencies of a step lead; one that ends them."""
        at: Step | None = step
        names: list[str] = []
        while at is not None and at.name not in names:
            names.append(at.name)
            after = (*at.after, *((at.parent,) if at.parent else ()))
            at = next((self.pending[n] for n in after if n in self.pending), None)
        return tuple(names[names.index(at.name) :]) if at is not None else (names[-1],)

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
        policies = dict(self.cluster.policies)
        for step in self.pending.values():
            more = {key_of(r): p for r in step.applies for p in self.network.policies(r)}
            policies |= more
            net = self.network.under(policies) if more else None
            if net is not None and is_open(flow, net):
                added = [p for p in acting(flow, net) if key_of(p.resource) in more]
                by = next((p.resource for p in added if self._opens(p, flow)), None)
                return dataclasses.replace(unmet, step=step.name, by=by)
        return unmet

    def _opens(self, policy: Policy, flow: Flow) -> bool:
        """Whether one policy alone opens a flow, beside those in force."""
        policies = {**self.cluster.policies, key_of(policy.resource): policy}
        return is_open(flow, self.network.under(policies))

    def _add(self, step: Step, key: Key, chain: tuple[Unmet, ...], awaited: bool = True) -> None:
        later = steps_after(self.way.steps, step.name) if awaited else ()
        holds = tuple(one.name for one in later if one is not step)
        self.blocked.append(Blocked(step, key, chain, awaited, holds))
