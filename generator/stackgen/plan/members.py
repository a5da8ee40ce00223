"""The node pools of GKE that a node pool of the spec is: itself, or one for each slice."""

from __future__ import annotations

from functools import partial

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed, literal, picked
from stackgen.plan.devices import Shape
from stackgen.plan.slices import Slice
from stackgen.record import record
from stackgen.spec.node_pools import DYNAMIC, NodePool


@record
class Member:
    """A node pool as GKE has it. low, high: its nodes."""

    name: Traced[str]
    low: Traced[int]
    high: Traced[int]


def members(pool: NodePool, shape: Shape | None, catalog: Catalog) -> tuple[Member, ...]:
    """The pool itself; one for each slice of several hosts, or each partition of dynamic ones."""
    low, high = pool.nodes.min, pool.nodes.max
    if not isinstance(shape, Slice):
        return (Member(pool.name, low, high),)
    hosts = shape.hosts
    if pool.slicing.value == DYNAMIC:
        size = catalog.gke("dynamic-slicing").value("partition_hosts")
        hosts = picked("hosts of a partition", "slices form in partitions", size, pool.slicing)
    if hosts.value == 1:
        name = picked("name", "the hosts of a pool serve each for itself", pool.name, hosts)
        return (Member(name, low, high),)
    why = "GKE holds one slice in a node pool, and all of its hosts or none"
    found = []
    for i in range(slices_in(high.value, hosts.value)):
        there = (high,) if i else ()  # the first slice is there whatever the most is
        found.append(Member(
            picked("name-number", why, pool.name.map("name-number", why, f"{{}}-{i}".format),
                   hosts, *there),
            computed("hosts or 0", why, partial(_kept, i), low, hosts),
            picked("hosts", why, hosts, *there),
        ))  # fmt: skip
    return tuple(found)


def _kept(slice_number: int, low: int, hosts: int) -> int:
    """Fewest nodes of a slice: all of its hosts, or none."""
    return hosts if slice_number < slices_in(low, hosts) else 0


def slices_in(nodes: int, hosts: int) -> int:
    """How many slices `nodes` are; a part of one counts as a whole one."""
    return -(-nodes // hosts)


def upgraded_at_once(shape: Shape | None, catalog: Catalog) -> Traced[int]:
    """Nodes taken away at a time: of a slice all hosts, for without one it serves nothing."""
    if not isinstance(shape, Slice):
        return literal(1, "plan/upgrade", "one node after the other")
    if shape.hosts.value == 1:
        one = literal(1, "plan/upgrade", "one server after the other")
        return picked("one", "one server after the other", one, shape.hosts)
    return computed(
        "hosts, as far as GKE goes",
        "without one of its hosts a slice serves nothing, so all are upgraded together",
        min, shape.hosts, catalog.gke("node-upgrade").value("most_at_once"),
    )  # fmt: skip
