"""The node pools of GKE that a node pool of the spec is: itself, or one for each slice."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed, literal
from stackgen.plan.devices import Shape
from stackgen.plan.slices import Slice
from stackgen.record import record
from stackgen.spec.model import NodePool


@record
class Member:
    """A node pool as GKE has it. low, high: its nodes."""

    name: Traced[str]
    low: Traced[int]
    high: Traced[int]


def members(pool: NodePool, shape: Shape | None) -> tuple[Member, ...]:
    """The pool itself; of slices over several hosts one for each."""
    low, high = pool.nodes.min, pool.nodes.max
    if not isinstance(shape, Slice):
        return (Member(pool.name, low, high),)
    hosts = shape.hosts
    if hosts.value == 1:
        why = "the hosts of a pool serve each for itself"
        name = computed("name", why, pool.name.value, pool.name, hosts)
        return (Member(name, low, high),)
    why = "GKE holds one slice in a node pool, and all of its hosts or none"
    found = []
    for i in range(slices_in(high.value, hosts.value)):
        kept = hosts.value if i < slices_in(low.value, hosts.value) else 0
        there = (high,) if i else ()  # the first slice is there whatever the most is
        found.append(Member(
            computed("name-number", why, f"{pool.name.value}-{i}", pool.name, hosts, *there),
            computed("hosts or 0", why, kept, low, hosts),
            computed("hosts", why, hosts.value, hosts, *there),
        ))  # fmt: skip
    return tuple(found)


def slices_in(nodes: int, hosts: int) -> int:
    """How many slices `nodes` are; a part of one counts as a whole one."""
    return -(-nodes // hosts)


def upgraded_at_once(shape: Shape | None, catalog: Catalog) -> Traced[int]:
    """Nodes taken away at a time: of a slice all hosts, for without one it serves nothing."""
    if not isinstance(shape, Slice):
        return literal(1, "plan/upgrade", "one node after the other")
    if shape.hosts.value == 1:
        return computed("one", "one server after the other", 1, shape.hosts)
    most = catalog.gke("node-upgrade").value("most_at_once")
    count = min(shape.hosts.value, most.value)
    why = "without one of its hosts a slice serves nothing, so all are upgraded together"
    return computed("hosts, as far as GKE goes", why, count, shape.hosts, most)
