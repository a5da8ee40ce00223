"""What runs on the nodes, against what GKE leaves of them to pods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.facts.locations import is_zone
from stackgen.facts.quantity import cpus, in_gib
from stackgen.origin import Traced, computed
from stackgen.plan.model import ModelPlan, Plan, PoolPlan
from stackgen.plan.nodes import node
from stackgen.record import record

# What a stack without Istio does not run.
OF_ISTIO = ("sail-operator", "trust-manager", "inference-gateway")
SYSTEM = "GKE's own pods"


@record
class Part:
    """What one kind of pod asks for in all. asked: cores and GiB. sure: the figures are read."""

    name: str
    pods: int
    asked: Traced[tuple[float, float]]
    sure: bool
    why: str = ""

    @property
    def cpu(self) -> float:
        """Cores."""
        return self.asked.value[0]

    @property
    def memory(self) -> float:
        """GiB."""
        return self.asked.value[1]


@record
class PoolCapacity:
    """One pool: of each node what pods get, and of all of them what is asked for.

    nodes_min, nodes_max: over all zones. parts: who asks; empty for pools that run none of it.
    per_node: for pools with accelerators what is on one node (its servers and GKE's own pods),
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
        """Cores asked for."""
        return round(sum(part.cpu for part in self.parts), 2)

    @property
    def memory(self) -> float:
        """GiB asked for."""
        return round(sum(part.memory for part in self.parts), 2)


@record
class CpuTotal:
    """The pools without accelerators together: they share everything that is no model server.

    sure: every figure is read; a total that is not may only warn.
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
        servers = [m for m in plan.models if m.pool.spec.name.value == pool.spec.name.value]
        biggest = max(servers, key=_most_memory, default=None)
        if biggest is not None:
            parts.append(_servers(biggest))
            if plan.stack.spec.mesh.sidecars.value:
                proxy = plan.release.value("istio", "proxy_requests")
                parts.append(_part("sidecars", together(biggest), proxy))
        parts.append(_on_one_node(catalog))
    return PoolCapacity(pool, low, high, cpu, memory, tuple(parts), pool.shape is not None)


def _servers(model: ModelPlan) -> Part:
    """The servers of `model` that share a node."""
    count = together(model)
    asked = computed(
        "servers of a node x requests", "they share its CPUs and memory",
        lambda cpu, memory: (count * cpus(cpu), count * in_gib(memory)), model.cpu, model.memory,
    )  # fmt: skip
    return Part(model.spec.name.value, count, asked, sure=True)


def _on_one_node(catalog: Catalog) -> Part:
    row = catalog.gke("system-pods")
    each = row.value("node_cpu"), row.value("node_memory_gib")
    asked = computed(SYSTEM, "on every node", lambda *each: each, *each)
    return Part(SYSTEM, 1, asked, sure=False)


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
    if pool.slice is not None and pool.slice.hosts.value > 1:
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


def cpu_total(plan: Plan, pools: tuple[PoolCapacity, ...], catalog: Catalog) -> CpuTotal | None:
    """What the pools without accelerators hold, against what runs there; None without such."""
    mine = [p for p in pools if p.pool.shape is None]
    if not mine or any(p.node_cpu is None or p.node_memory is None for p in mine):
        return None
    parts = (*_platform(plan), *_system(mine, catalog))
    asked = [part.asked for part in parts]
    name, why = "sum of requests", "pools without accelerators"
    cpu = computed(name, why, lambda each: round(sum(cpu for cpu, _ in each), 2), asked)
    memory = computed(name, why, lambda each: round(sum(gib for _, gib in each), 2), asked)

    def room(of: str, bound: str) -> Traced[float]:
        each = [(getattr(p, f"node_{of}"), getattr(p, f"nodes_{bound}")) for p in mine]
        name = f"nodes x allocatable, {bound}"
        return computed(name, why, lambda each: round(sum(a * b for a, b in each), 2), each)

    return CpuTotal(
        parts, cpu, memory,
        room("cpu", "min"), room("memory", "min"), room("cpu", "max"), room("memory", "max"),
        sure=all(part.sure for part in parts),
    )  # fmt: skip


def _platform(plan: Plan) -> list[Part]:
    """istiod, operators, controllers, gateway, and one endpoint picker for each model with one."""
    release = plan.release
    meshed = plan.stack.spec.gateway.class_.value == "istio"
    parts = [_part("istiod", 1, release.value("istio", "requests"))] if meshed else []
    platform = release.row.data[release.platform]
    if "controller_requests" in platform:
        parts.append(_part(platform["controller"], 1, release.serving("controller_requests")))
    for name, pod in release.row.data.get("pods", {}).items():
        if name in OF_ISTIO and not meshed:
            continue
        parts.append(_part(name, pod["replicas"], release.value("pods", name)))
    pickers = [m.spec.scheduler for m in plan.models if m.spec.scheduler.value]
    if pickers:
        count = len(pickers)
        parts.append(_part("endpoint pickers", count, release.serving("epp_requests"), *pickers))
        if plan.stack.spec.mesh.sidecars.value:
            proxy = release.value("istio", "proxy_requests")
            parts.append(_part("their sidecars", count, proxy, *pickers))
    return parts


def _part(name: str, pods: int, row: Traced[dict[str, Any]], *by: Traced[Any]) -> Part:
    """`pods` that each ask for what `row` says. by: what else decides on how many there are."""
    asked = computed(
        f"{pods} x requests", name,
        lambda row, *_: (pods * cpus(row["cpu"]), pods * in_gib(row["memory"])), row, *by,
    )  # fmt: skip
    why = row.value.get("status", "")
    return Part(name, pods, asked, sure=not why, why=why)


def _system(mine: list[PoolCapacity], catalog: Catalog) -> list[Part]:
    """GKE's own pods, counted at the fewest nodes."""
    row = catalog.gke("system-pods")
    fields = ("cluster_cpu", "node_cpu", "cluster_memory_gib", "node_memory_gib")
    counts = [p.nodes_min for p in mine]

    def of_all(
        nodes: Sequence[int], cpu: float, node_cpu: float, memory: float, node_memory: float
    ) -> tuple[float, float]:
        count = sum(nodes)
        return round(cpu + count * node_cpu, 2), round(memory + count * node_memory, 2)

    asked = computed(SYSTEM, "of the cluster and of every node", of_all, counts,
                     *(row.value(field) for field in fields))  # fmt: skip
    return [Part(SYSTEM, sum(count.value for count in counts), asked, sure=False)]
