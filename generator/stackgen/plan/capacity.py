"""What runs on the nodes, against what GKE leaves of them to pods."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.facts.locations import is_zone
from stackgen.facts.quantity import cpus, in_gib
from stackgen.origin import Traced, computed
from stackgen.plan.model import ModelPlan, Plan, PoolPlan
from stackgen.plan.nodes import node
from stackgen.plan.platform_pods import Part, on_nodes, on_one_node, part, platform_parts
from stackgen.plan.prefill import DECODE
from stackgen.record import record


@record
class PoolCapacity:
    """One pool: of each node what Pods get, and what the Pods on it request.

    nodes_min, nodes_max: over all zones. parts: the Pods; empty for pools without accelerators.
    per_node: for pools with accelerators what is on one node (its servers and GKE's own Pods),
    against that node.
    """

    pool: PoolPlan
    nodes_min: Traced[int]
    nodes_max: Traced[int]
    node_cpu: Traced[float] | None
    node_memory: Traced[float] | None
    parts: tuple[Part, ...]
    per_node: bool

    @property
    def cpu(self) -> float:
        """Cores requested."""
        return round(sum(part.cpu for part in self.parts), 2)

    @property
    def memory(self) -> float:
        """GiB requested."""
        return round(sum(part.memory for part in self.parts), 2)


@record
class CpuTotal:
    """The pools without accelerators together: they share everything that is no model server.

    parts: the Pods, by kind. cpu, memory: the sum of their requests. cpu_min to memory_max: what
    the nodes leave to Pods. sure: every figure was read; a total that is not can only warn.
    """

    parts: tuple[Part, ...]
    cpu: Traced[float]
    memory: Traced[float]
    cpu_min: Traced[float]
    memory_min: Traced[float]
    cpu_max: Traced[float]
    memory_max: Traced[float]
    sure: bool


def capacities(plan: Plan, catalog: Catalog) -> tuple[PoolCapacity, ...]:
    """Every pool in order of the spec."""
    return tuple(_pool(plan, pool, catalog) for pool in plan.pools)


def _pool(plan: Plan, pool: PoolPlan, catalog: Catalog) -> PoolCapacity:
    low, high = nodes(plan, pool, catalog)
    left = node(pool.machine_type, catalog)
    cpu, memory = left if left is not None else (None, None)
    parts: list[Part] = []
    if pool.shape is not None:
        servers = [m for m in plan.servers if m.pool.spec.name.value == pool.spec.name.value]
        biggest = max(servers, key=_most_memory, default=None)
        if biggest is not None:
            parts.append(_servers(biggest))
            if plan.stack.spec.mesh.sidecars.value:
                proxy = plan.release.value("istio", "proxy_requests")
                parts.append(part("sidecars", together(biggest), proxy))
            routing = plan.release.optional("prefill", "resources", "requests")
            if biggest.role == DECODE and routing is not None:
                parts.append(part("routing sidecars", together(biggest), routing))
        parts += on_one_node(plan, catalog)
    return PoolCapacity(pool, low, high, cpu, memory, tuple(parts), pool.shape is not None)


def _servers(model: ModelPlan) -> Part:
    """The servers of `model` that share a node."""
    count = together(model)
    asked = computed(
        "servers of a node x requests", "they share its CPUs and memory",
        lambda cpu, memory: (count * cpus(cpu), count * in_gib(memory)), model.cpu, model.memory,
    )  # fmt: skip
    return Part(model.spec.name.value, count, asked, sure=True)


def together(model: ModelPlan) -> int:
    """How many servers of a model share a node: a TPU host has one."""
    gpus = model.pool.gpus
    if gpus is None:
        return 1
    return max(1, gpus.per_node.value // model.server.devices.count.value)


def _most_memory(model: ModelPlan) -> float:
    return together(model) * in_gib(model.memory.value)


def nodes(plan: Plan, pool: PoolPlan, catalog: Catalog) -> tuple[Traced[int], Traced[int]]:
    """Fewest and most nodes of a pool over all its zones."""
    if len(pool.members) > 1 or (pool.slice is not None and pool.slice.hosts.value > 1):
        name, why = "nodes of all slices", "all hosts of a slice or none"
        lows, highs = [m.low for m in pool.members], [m.high for m in pool.members]
        return computed(name, why, sum, lows), computed(name, why, sum, highs)
    cluster = plan.stack.spec.cluster
    regional = not is_zone(cluster.location.value)
    if pool.shape is not None or pool.spec.zone.value is not None or not regional:
        return pool.spec.nodes.min, pool.spec.nodes.max
    zones = catalog.gke("regional-cluster").value("zones")
    low, high = (
        computed(
            "nodes per zone x zones", "a regional cluster spreads its pools over zones",
            lambda count, zones, _: count * zones, count, zones, cluster.location,
        )
        for count in (pool.spec.nodes.min, pool.spec.nodes.max)
    )  # fmt: skip
    return low, high


def needed(plan: Plan, pool: PoolPlan) -> Traced[int]:
    """Nodes that all servers of the pool's models need at their most replicas.

    GKE creates nodes of `fallback` for Pods, so that this is also the most that it creates.
    """
    servers = [m for m in plan.servers if m.pool.spec.name.value == pool.spec.name.value]
    parts = [(m.most, m.server.devices.hosts) for m in servers]
    room = [together(model) for model in servers]
    return computed(
        "replicas x hosts", "each server has nodes of its own, or its share of one",
        lambda parts: sum(
            -(-most // share) * hosts for (most, hosts), share in zip(parts, room, strict=True)
        ), parts,
    )  # fmt: skip


def cpu_total(plan: Plan, pools: tuple[PoolCapacity, ...], catalog: Catalog) -> CpuTotal | None:
    """What the pools without accelerators hold, against what runs there; None without such."""
    mine = [p for p in pools if p.pool.shape is None]
    if not mine or any(p.node_cpu is None or p.node_memory is None for p in mine):
        return None
    parts = (*platform_parts(plan), *on_nodes(plan, [p.nodes_min for p in mine], catalog))
    asked = [part.asked for part in parts]
    name, why = "sum of requests", "pools without accelerators"
    cpu = computed(name, why, lambda each: round(sum(cpu for cpu, _ in each), 2), asked)
    memory = computed(name, why, lambda each: round(sum(gib for _, gib in each), 2), asked)

    def total(of: str, bound: str) -> Traced[float]:
        each = [(getattr(p, f"node_{of}"), getattr(p, f"nodes_{bound}")) for p in mine]
        name = f"nodes x allocatable, {bound}"
        return computed(name, why, lambda each: round(sum(a * b for a, b in each), 2), each)

    return CpuTotal(
        parts, cpu, memory,
        total("cpu", "min"), total("memory", "min"), total("cpu", "max"), total("memory", "max"),
        sure=all(part.sure for part in parts),
    )  # fmt: skip
