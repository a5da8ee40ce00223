"""What the order of the steps does wrong though every step gets its turn.

A step that goes on before something is ready, one that holds back others without need, two steps
that own the same object.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Gate, Key, Step, key_of, steps_after
from stackgen.rollout.needs import Needs

SSA = "kustomize.toolkit.fluxcd.io/ssa"


@record
class Unawaited:
    """An object whose step may go on before it is ready. user: an object of `later` that needs it.

    gate: what the step has for it; None when it waits for other objects alone.
    """

    step: Step
    resource: Resource
    gate: Gate | None
    later: Step
    user: Resource


@record
class Held:
    """A step that waits for a slow object, a model, and needs nothing of its step."""

    step: Step
    before: Step
    slow: Resource


@record
class Shared:
    """An object, or a whole folder of another repository, that two steps apply."""

    first: Step
    second: Step
    what: str
    resource: Resource | None = None


class Order:
    """The steps with what they need of each other."""

    def __init__(self, steps: Iterable[Step], needs: Needs, kinds: Kinds) -> None:
        self.steps = tuple(steps)
        self.needs = needs
        self.kinds = kinds
        self._routed: dict[Key, list[Key]] = {}
        for step in self.steps:
            for resource in step.applies:
                for key in self._gateways(resource):
                    self._routed.setdefault(key, []).append(key_of(resource))
        self._uses = {step.name: dict(self._used(step)) for step in self.steps}

    def _used(self, step: Step) -> Iterator[tuple[Key, Resource]]:
        """The objects that the objects of a step need, each with one that needs it."""
        for resource in step.applies:
            for need in self.needs.of(resource):
                for key in self.needs.targets(need):
                    yield key, resource
                    # A client of a gateway is served by what stands behind the gateway.
                    for behind in self._routed.get(key, ()) if need.flow is not None else ():
                        yield behind, resource

    def _gateways(self, resource: Resource) -> list[Key]:
        needed = [n.target for n in self.needs.of(resource) if n.kind == "object"]
        return [key for key in needed if key is not None and key.kind == "Gateway"]

    def behind(self, name: str) -> list[str]:
        """The steps that come after a step, in their order."""
        return [step.name for step in steps_after(self.steps, name)]

    def unawaited(self) -> Iterator[Unawaited]:
        """Objects that later steps need, and that their own step does not wait for."""
        for step in self.steps:
            later = steps_after(self.steps, step.name)
            if step in later:
                continue  # a circle, which never begins
            gates = {gate.key: gate for gate in step.gates}
            for resource in step.applies if later else ():
                key = key_of(resource)
                gate = gates.get(key)
                if not self._slow(key) or (gate is not None and gate.guarded):
                    continue
                users = [(s, u) for s in later if (u := self._uses[s.name].get(key)) is not None]
                if users and not self._checked(key, gates):
                    yield Unawaited(step, resource, gate, *users[0])

    def _slow(self, key: Key) -> bool:
        return bool(self.kinds.of(key.group, key.kind).condition)

    def _checked(self, key: Key, gates: dict[Key, Gate]) -> bool:
        """Whether the step waits for what a controller makes of the object instead."""
        resource = self.needs.there[key]
        return any(
            name and resource in self.needs.installed.of(name)
            for name in (self.needs.installed.controller_of(one) for one in gates)
        )

    def held(self) -> Iterator[Held]:
        """Steps that wait for a model, directly or not, and have nothing to do with it."""
        for before in self.steps:
            slow = next((r for r in before.applies if self._serves(r)), None)
            waits = slow is not None and any(g.key == key_of(slow) for g in before.gates)
            if slow is None or not waits:
                continue
            own = {key_of(r) for r in before.applies}
            for step in self.steps:
                known = before.name in step.after and self._told(step)
                if known and not self._needs_any(step, own):
                    yield Held(step, before, slow)

    def _told(self, step: Step) -> bool:
        """Whether all that a step needs is known: connections of Pods are not, without a stack."""
        return self.needs.complete or not any(self.needs.pods_of(r) for r in step.applies)

    def _serves(self, resource: Resource) -> bool:
        return any(pod.role.startswith("model") for pod in self.needs.pods_of(resource))

    def _needs_any(self, step: Step, own: set[Key]) -> bool:
        names = {step.name, *self.behind(step.name)}
        return any(own & self._uses[name].keys() for name in names)

    def shared(self) -> Iterator[Shared]:
        """Objects with two owners: each step undoes, or prunes, what the other one does."""
        owners: dict[Key, Step] = {}
        for step in self.steps:
            for resource in step.applies:
                key = key_of(resource)
                other = owners.setdefault(key, step)
                apart = _space(other) != _space(step)
                apart = apart and (step.engine == "flux" or not key.namespace)
                # Each Kustomization of Flux has its own values of variables.
                apart = apart or (step.engine == "flux" and "${" in key.name)
                if other.name != step.name and not (_left_alone(resource) or apart):
                    yield Shared(other, step, str(key), resource)
        remote: dict[tuple[object, str], list[Step]] = {}
        for step in self.steps:
            path = text(step.resource.get("spec", "path")).strip("./")
            if step.remote and step.engine == "flux":
                remote.setdefault((step.source, path), []).append(step)
        for (_, path), steps in remote.items():
            for first, second in itertools.pairwise(steps):
                if not (_ignores(first) or _ignores(second)):
                    yield Shared(first, second, f"the objects of {path}")


def _space(step: Step) -> str:
    """The namespace into which a step puts what it applies: Argo CD only what has none."""
    flux = step.engine == "flux"
    path = ("targetNamespace",) if flux else ("destination", "namespace")
    return text(step.resource.get("spec", *path))


def _left_alone(resource: Resource) -> bool:
    annotation = as_dict(resource.metadata.get("annotations")).get(SSA)
    return annotation in ("Ignore", "Merge", "IfNotPresent")


def _ignores(step: Step) -> bool:
    """Whether a step leaves all objects alone but those that it names."""
    return any(
        text(at(patch, "target", "kind")) in (".*", "")
        and f"{SSA}: Ignore" in text(patch.get("patch"))
        for _, patch in maps(step.resource.get("spec", "patches"))
    )
