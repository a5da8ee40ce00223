"""What the Pods of a namespace ask for, and what its quotas allow at a moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict
from stackgen.facts.templates import Services, templates
from stackgen.manifest.resource import Resource
from stackgen.rollout.model import Key, Need

_REQUESTS = "requests."
Demand = Mapping[str, int]


class Quotas:
    """The quotas of extended resources, such as TPU chips, and the demand of each workload.

    services: how the kinds of serving platforms describe their pods.
    """

    def __init__(self, objects: Mapping[Key, Resource], services: Services) -> None:
        self._services = services
        self._quotas: dict[str, list[Key]] = {}
        for key in objects:
            if (key.group, key.kind) == ("", "ResourceQuota"):
                self._quotas.setdefault(key.namespace, []).append(key)
        self._known: dict[int, tuple[Resource, Demand]] = {}

    def needs(self, resource: Resource) -> Iterator[Need]:
        """The quotas that the Pods of an object are counted in."""
        quotas = self._quotas.get(resource.namespace, ())
        demand = self.demand(resource) if quotas else {}
        for quota in quotas if demand else ():
            what = f"more of {', '.join(sorted(demand))} than {quota.title} allows"
            yield Need("quota", what, ("spec",), quota, ready=False, rule="rollout-quota")

    def counts(self, namespace: str) -> bool:
        """Whether anything of a namespace is counted."""
        return namespace in self._quotas

    def demand(self, resource: Resource) -> Demand:
        """Of each extended resource, what all Pods of an object ask for; unknown numbers as 0."""
        found = self._known.get(id(resource))
        if found is None:
            found = self._known[id(resource)] = (resource, _asked(resource, self._services))
        return found[1]


def _asked(resource: Resource, services: Services) -> Demand:
    total: dict[str, int] = {}
    found = list(templates(resource, services))
    led = any(workload.part == "leader" for workload in found)
    for workload in found:
        size = workload.size.value or 0
        if led and workload.part in ("leader", "worker"):
            # A group is one leader, and workers for the rest of its size.
            size = 1 if workload.part == "leader" else max(0, size - 1)
        count = (workload.replicas.value or 0) * size
        for container in workload.containers:
            limits = as_dict(as_dict(container.data.get("resources")).get("limits"))
            for name in limits if not container.init else ():
                if "/" in name:
                    total[name] = total.get(name, 0) + count * (container.amount(name) or 0)
    return {name: amount for name, amount in total.items() if amount}


def allows(quota: Resource, asked: Demand) -> bool:
    """Whether a quota allows what all workloads of its namespace ask for together."""
    for name, hard in as_dict(quota.get("spec", "hard")).items():
        resource, limit = name.removeprefix(_REQUESTS), whole(hard)
        if "/" in resource and limit is not None and asked.get(resource, 0) > limit:
            return False
    return True
