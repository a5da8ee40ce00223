"""What runs on the nodes, against what GKE leaves of them to pods."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed
from stackgen.plan.model import ModelPlan, Plan, PoolPlan
from stackgen.plan.nodes import node
from stackgen.plan.quantity import cpus, gib
from stackgen.record import record

# What a stack without Istio does not run.
OF_ISTIO = ("sail-operator", "trust-manager", "inference-gateway")
SYSTEM = "GKE's own pods"


@record
class Part:
    """What one kind of pod asks for in all. cpu: cores; memory: GiB. sure: the figures are read."""

    name: str
    pods: int
    cpu: float
    memory: float
    sure: bool
    why: str = ""


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
        system = catalog.gke("system-pods").data
        servers = [m for m in plan.models if m.pool.spec.name.value == pool.spec.name.value]
        biggest = max(servers, key=_most_memory, default=None)
        if biggest is not None:
            count = together(biggest)
            asked = count * cpus(biggest.cpu.value), count * gib(biggest.memory.value)
            parts.append(Part(biggest.spec.name.value, count, *asked, sure=True))
            if plan.stack.spec.mesh.sidecars.value:
                proxy = plan.release.row.data["istio"]["proxy_requests"]
                parts.append(_part("sidecars", count, proxy))
        parts.append(Part(SYSTEM, 1, system["node_cpu"], system["node_memory_gib"], sure=False))
    return PoolCapacity(pool, low, high, cpu, memory, tuple(parts), pool.shape is not None)


def together(model: ModelPlan) -> int:
    """How many servers of a model share a node: a TPU host has one."""
    gpus = model.pool.gpus
    if gpus is None:
        return 1
    return max(1, gpus.per_node.value // model.server.devices.count.value)


def _most_memory(model: ModelPlan) -> float:
    return together(model) * gib(model.memory.value)


def nodes(plan: Plan, pool: PoolPlan, catalog: Catalog) -> tuple[Traced[int], Traced[int]]:
    """Fewest and most nodes of a pool over all its zones."""
    if pool.slice is not None and pool.slice.hosts.value > 1:
        name, why = "nodes of all slices", "all hosts of a slice or none"
        lows, highs = [m.low for m in pool.members], [m.high for m in pool.members]
        return (
            computed(name, why, sum(n.value for n in lows), *lows),
            computed(name, why, sum(n.value for n in highs), *highs),
        )
    cluster = plan.stack.spec.cluster
    regional = not cluster.location.value.rpartition("-")[2].isalpha()
    if pool.shape is not None or pool.spec.zone.value is not None or not regional:
        return pool.spec.nodes.min, pool.spec.nodes.max
    zones = catalog.gke("regional-cluster").value("zones")
    low, high = (
        computed(
            "nodes per zone x zones", "a regional cluster spreads its pools over zones",
            count.value * zones.value, count, zones, cluster.location,
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
    asked = _inputs(plan, catalog)

    def sum_of(name: str, value: float, *inputs: Traced[Any]) -> Traced[float]:
        return computed(name, "pools without accelerators", round(value, 2), *inputs)

    def room(of: str, bound: str) -> Traced[float]:
        each = [(getattr(p, f"node_{of}"), getattr(p, f"nodes_{bound}")) for p in mine]
        value = sum(left.value * count.value for left, count in each)
        return sum_of(f"nodes x allocatable, {bound}", value, *(i for pair in each for i in pair))

    return CpuTotal(
        parts,
        sum_of("sum of requests", sum(p.cpu for p in parts), *asked),
        sum_of("sum of requests", sum(p.memory for p in parts), *asked),
        room("cpu", "min"), room("memory", "min"), room("cpu", "max"), room("memory", "max"),
        sure=all(part.sure for part in parts),
    )  # fmt: skip


def _platform(plan: Plan) -> list[Part]:
    """istiod, operators, controllers, gateway, and one endpoint picker for each model with one."""
    row = plan.release.row.data
    meshed = plan.stack.spec.gateway.class_.value == "istio"
    parts = [_part("istiod", 1, row["istio"]["requests"])] if meshed else []
    parts.append(_part("kserve-controller-manager", 1, row["kserve"]["controller_requests"]))
    for name, pod in row.get("pods", {}).items():
        if name in OF_ISTIO and not meshed:
            continue
        parts.append(_part(name, pod["replicas"], pod))
    pickers = [m for m in plan.models if m.spec.scheduler.value]
    if pickers:
        parts.append(_part("endpoint pickers", len(pickers), row["kserve"]["epp_requests"]))
        if plan.stack.spec.mesh.sidecars.value:
            parts.append(_part("their sidecars", len(pickers), row["istio"]["proxy_requests"]))
    return parts


def _part(name: str, pods: int, asked: dict[str, Any]) -> Part:
    why = asked.get("status", "")
    cpu, memory = pods * cpus(asked["cpu"]), pods * gib(asked["memory"])
    return Part(name, pods, cpu, memory, sure=not why, why=why)


def _system(mine: list[PoolCapacity], catalog: Catalog) -> list[Part]:
    """GKE's own pods, reckoned at the fewest nodes."""
    row = catalog.gke("system-pods")
    count = sum(p.nodes_min.value for p in mine)
    data = row.data
    cpu = data["cluster_cpu"] + count * data["node_cpu"]
    memory = data["cluster_memory_gib"] + count * data["node_memory_gib"]
    return [Part(SYSTEM, count, round(cpu, 2), round(memory, 2), sure=False)]


def _inputs(plan: Plan, catalog: Catalog) -> list[Traced[Any]]:
    found: list[Traced[Any]] = [
        plan.release.value("istio", "requests"),
        plan.release.value("kserve", "controller_requests"),
        plan.release.value("kserve", "epp_requests"),
        catalog.gke("system-pods").value("node_cpu"),
    ]
    if plan.stack.spec.mesh.sidecars.value:
        found.append(plan.release.value("istio", "proxy_requests"))
    if "pods" in plan.release.row.data:
        found.append(plan.release.value("pods"))
    return found + [model.spec.scheduler for model in plan.models]
