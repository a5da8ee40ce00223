"""The cluster at one moment: objects at their revisions, readiness, and policies in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stackgen.manifest.resource import Resource
from stackgen.net.evaluate import Net
from stackgen.net.policies import Policy
from stackgen.rollout.installed import Installed
from stackgen.rollout.model import Key, Need, Unmet, key_of
from stackgen.rollout.needs import Needs
from stackgen.rollout.network import Network, is_open
from stackgen.rollout.quota import allows

Chain = tuple[Unmet, ...]


class Cluster:
    """What is there. It changes as steps are applied.

    ready: objects and controllers that are ready, at the revision that is there. done: steps that
    are ready, by their objects. started: objects of steps that have begun. created: namespaces that
    the engine itself creates.
    """

    def __init__(
        self, needs: Needs, installed: Installed, network: Network, objects: Iterable[Resource] = ()
    ) -> None:
        self.needs = needs
        self.installed = installed
        self.network = network
        self.there: dict[Key, Resource] = {}
        self.policies: dict[Key, Policy] = {}
        self._net: Net | None = None
        self.ready: set[Key] = set()
        self.waiting: dict[Key, Resource] = {}
        self.asked: dict[str, dict[str, int]] = {}  # of extended resources, by namespace
        self.steps: dict[Key, bool] = {}
        self.created: set[str] = set()
        for resource in objects:
            self.apply(resource)
            self.ready.add(key_of(resource))
        self.waiting.clear()

    def apply(self, resource: Resource) -> None:
        """Put an object there, at this revision; it is not ready yet."""
        key = key_of(resource)
        self._count(key, -1)
        self.there[key] = resource
        self._count(key, 1)
        for policy in self.network.policies(resource):
            self.policies[key] = policy
            self._net = None
        self.ready.discard(key)
        self.waiting[key] = resource

    def remove(self, key: Key) -> None:
        """Take an object away."""
        self._count(key, -1)
        self.there.pop(key, None)
        if self.policies.pop(key, None) is not None:
            self._net = None
        self.waiting.pop(key, None)
        self.ready.discard(key)

    def _count(self, key: Key, sign: int) -> None:
        """Add what the Pods of an object ask for to its namespace, or take it off."""
        resource = self.there.get(key)
        if resource is not None and self.needs.quotas.counts(key.namespace):
            total = self.asked.setdefault(key.namespace, {})
            for name, amount in self.needs.quotas.demand(resource).items():
                total[name] = total.get(name, 0) + sign * amount

    def _allowed(self, quota: Resource | None) -> bool:
        return quota is None or allows(quota, self.asked.get(quota.namespace, {}))

    @property
    def net(self) -> Net:
        """The evaluator of the policies that are in force."""
        if self._net is None:
            self._net = self.network.under(self.policies)
        return self._net

    def settle(self) -> None:
        """Let everything become ready that can, at the policies that are in force."""
        progress = True
        while progress:
            progress = False
            for key, resource in list(self.waiting.items()):
                if key in self.steps:
                    is_ready = self.steps[key]
                else:
                    is_ready = all(self.met(need) for need in self.needs.of(resource))
                if is_ready:
                    del self.waiting[key]
                    self.ready.add(key)
                    progress = True

    def admits(self, resource: Resource) -> Need | None:
        """What an object still needs to be taken by the API server; None when nothing."""
        for need in self.needs.of(resource):
            if not need.start:
                break
            if not self.met(need):
                return need
        return None

    def met(self, need: Need) -> bool:
        """Whether a need is met now."""
        if need.kind == "never":
            return False
        if need.kind == "flow":
            assert need.flow is not None
            return is_open(need.flow, self.net)
        if need.kind == "controller":
            return self.runs(need.controller)
        assert need.target is not None
        if need.kind == "quota":
            return self._allowed(self.there.get(need.target))
        if need.kind == "made":
            makers = self.needs.makers.get(need.target)
            if need.target in self.there or (not makers and need.target not in self.needs.there):
                return True
            return any(maker in self.ready for maker in makers or ())
        created = need.target.kind == "Namespace" and need.target.name in self.created
        return created or need.target in (self.ready if need.ready else self.there)

    def runs(self, controller: str) -> bool:
        """Whether a controller runs: it is installed, and what it needs itself is met."""
        installed = any(self.delivered(one) for one in self.installed.of(controller))
        return installed and all(self.met(n) for n in self.needs.of_controller(controller))

    def delivered(self, resource: Resource) -> bool:
        """Whether what an installation brings is in the cluster."""
        key = key_of(resource)
        # A step of another repository is ready when its controller is: it counts once it began.
        return key in self.there if key in self.steps else key in self.ready

    def take_for_ready(self, key: Key) -> None:
        """Go on as if an object were ready."""
        self.waiting.pop(key, None)
        self.ready.add(key)

    # -- why not -----------------------------------------------------------------------------

    def unmet(
        self, resource: Resource, step_of: Callable[[Key], str], only: Need | None = None
    ) -> list[Chain]:
        """The chains from an object to what keeps it from being ready; the last is the cause."""
        if only is not None:
            return self._behind(resource, only, step_of, {key_of(resource)})
        return self._chains(resource, step_of, set())

    def of_controller(
        self, controller: str, step_of: Callable[[Key], str], seen: set[Key] | None = None
    ) -> list[Chain]:
        """The same for a controller that the rollout installs. seen: what the chain comes from."""
        others = self.installed.of(controller)
        inner = [n for n in self.needs.of_controller(controller) if not self.met(n)]
        if inner and any(self.delivered(one) for one in others):
            return [(Unmet(others[0], one, "closed"),) for one in inner]
        first = next((one for one in others if key_of(one) in self.there), None)
        return self._chains(first, step_of, seen or set()) if first is not None else []

    def _chains(
        self, resource: Resource, step_of: Callable[[Key], str], seen: set[Key]
    ) -> list[Chain]:
        key = key_of(resource)
        if key in seen:
            return []
        seen.add(key)
        found: list[Chain] = []
        for need in self.needs.of(resource):
            if not self.met(need):
                found += self._behind(resource, need, step_of, seen)
        return found

    def _behind(
        self, resource: Resource, need: Need, step_of: Callable[[Key], str], seen: set[Key]
    ) -> list[Chain]:
        if need.kind == "never":
            return [(Unmet(resource, need, "never"),)]
        if need.kind == "flow":
            return [(Unmet(resource, need, "closed"),)]
        if need.kind == "quota":
            return [self._over_quota(resource, need, step_of)]
        others: tuple[Resource, ...] = ()
        if need.kind == "controller":
            others = self.installed.of(need.controller)
            if any(key_of(one) in self.there for one in others):
                rest = self.of_controller(need.controller, step_of, seen)
                waits = Unmet(resource, need, "waits", by=others[0])
                return [(waits, *one) for one in rest] or [(waits,)]
        else:
            assert need.target is not None
            wanted = self.needs.there
            if need.kind == "made":
                makers = self.needs.makers.get(need.target, ())
                others = tuple(wanted[one] for one in makers if one in wanted)
            if need.target in wanted:
                others = (wanted[need.target], *others)
        if not others:
            return [(Unmet(resource, need, "missing"),)]
        first = next((one for one in others if key_of(one) in self.there), None)
        if first is None:
            return [(Unmet(resource, need, "later", step_of(key_of(others[0])), others[0]),)]
        waits = Unmet(resource, need, "waits", step_of(key_of(first)), first)
        return [(waits, *rest) for rest in self._chains(first, step_of, seen)] or [(waits,)]

    def _over_quota(self, resource: Resource, need: Need, step_of: Callable[[Key], str]) -> Chain:
        """A quota that is too small: until a later step applies its new revision, or always."""
        assert need.target is not None
        wanted = self.needs.there[need.target]
        if self._allowed(wanted) and self.there.get(need.target) is not wanted:
            return (Unmet(resource, need, "later", step_of(need.target), wanted),)
        return (Unmet(resource, need, "never"),)
