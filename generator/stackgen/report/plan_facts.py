"""A plan in words and figures for people: the cells of its tables, and its reasons."""

from __future__ import annotations

import math
from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.plan.auto import AUTO
from stackgen.plan.autoscaling import bounds
from stackgen.plan.capacity import CpuTotal, PoolCapacity
from stackgen.plan.cost import FIELDS, Costs, PoolCost, per_day, per_month
from stackgen.plan.engine_memory import EngineMemory
from stackgen.plan.estimate import Estimate
from stackgen.plan.fit import GIB
from stackgen.plan.memory import HbmFit
from stackgen.plan.model import ModelPlan, Plan, PoolPlan, Server
from stackgen.plan.parallelism import Parallelism
from stackgen.plan.slices import is_dynamic
from stackgen.plan.startup import Startup
from stackgen.record import record
from stackgen.report.plan_features import features

UNKNOWN = "unknown"
ENDS = ("min", "max")  # number of nodes


@record
class Planned:
    """The plan of one environment and its estimate. notes: findings as (level, id, message)."""

    plan: Plan
    estimate: Estimate
    notes: tuple[tuple[str, str, str], ...] = ()
    suppressed: int = 0


def gib(value: float) -> str:
    """`5.7`, of GiB."""
    return f"{value:,.1f}"


def money(value: float) -> str:
    """`1,234.50`."""
    return f"{value:,.2f}"


def minutes(seconds: float) -> str:
    """`30 min`."""
    return f"{-(-seconds // 60):.0f} min"


def model_cells(model: ModelPlan) -> dict[str, str]:
    """The figures of a model, by the head of their column."""
    server = model.server
    hbm, length = server.hbm, server.max_model_len
    return {
        "pool": model.pool.spec.name.value,
        "devices": server.devices.where,
        "replicas": bounds(model.spec),
        "chips": _chips(model),
        "TP": _split(server.spread),
        "weights (GiB)": gib(hbm.result.weights_gib) if hbm else _weights(server),
        "KV cache (GiB)": gib(hbm.result.spare_gib) if hbm else UNKNOWN,
        "KV tokens": f"{hbm.kv_tokens.value:,}" if hbm else UNKNOWN,
        "max model len": f"{length.value:,}" if length else UNKNOWN,
        "max concurrency": f"{hbm.sequences.value:,.1f}" if hbm and length else UNKNOWN,
        "startup budget": minutes(model.startup.budget),
    }


def _weights(server: Server) -> str:
    """GiB of the weights of a model whose fit is not known; what its name says begins with >=."""
    size = server.size
    if size.weight_bytes is not None:
        return gib(size.weight_bytes.value / GIB)
    return f">= {gib(size.at_least.value / GIB)}" if size.at_least is not None else UNKNOWN


def _chips(model: ModelPlan) -> str:
    """`4`; of several hosts `4 x 4`: hosts, and chips of each."""
    shape, devices = model.pool.slice, model.server.devices
    count = shape.chips.value if shape is not None else devices.count.value
    hosts = devices.hosts.value
    return f"{hosts} x {count // hosts}" if hosts > 1 else str(count)


def _split(spread: Parallelism) -> str:
    """`4`, or `4 PP 4` with several stages."""
    stages = f" PP {spread.pipeline.value}" if spread.pipeline.value > 1 else ""
    return f"{spread.tensor.value}{stages}"


def pool_cells(capacity: PoolCapacity, total: CpuTotal | None) -> dict[str, str]:
    """The figures of a pool: of one node with accelerators, of all nodes without."""
    low, high = capacity.nodes_min.value, capacity.nodes_max.value
    cells = {
        "machine": capacity.pool.machine_type.value,
        "min/max nodes": f"{low}/{high}",
        "CPU": UNKNOWN,
        "memory (GiB)": UNKNOWN,
    }
    if capacity.node_cpu is None or capacity.node_memory is None:
        return cells
    if capacity.per_node:
        cells["CPU"] = f"{capacity.cpu:.1f} of {capacity.node_cpu.value:.1f}"
        cells["memory (GiB)"] = f"{gib(capacity.memory)} of {gib(capacity.node_memory.value)}"
    elif total is not None:
        least, most = total.cpu_min.value, total.cpu_max.value
        cells["CPU"] = f"{total.cpu.value:.1f} of {least:.1f}-{most:.1f}"
        least, most = total.memory_min.value, total.memory_max.value
        cells["memory (GiB)"] = f"{gib(total.memory.value)} of {gib(least)}-{gib(most)}"
    return cells


def cost_rows(planned: Planned) -> list[tuple[str, str, str, str, str]]:
    """Name, nodes, and USD an hour, day and month: of each pool and of what is paid beside the
    machines, at both ends; then the totals.
    """
    rows = []
    costs = planned.estimate.costs
    for capacity, cost in zip(planned.estimate.pools, costs.pools, strict=True):
        name = cost.pool.spec.name.value
        for count, hour in ((capacity.nodes_min, cost.low), (capacity.nodes_max, cost.high)):
            rows.append(_row(name, str(count.value), hour.value if hour is not None else None))
    for extra in costs.extras:
        ends = [None if end is None else end.value for end in (extra.low, extra.high)]
        if ends[0] == ends[1]:
            rows.append(_row(extra.name, "", ends[0]))
        else:
            rows += [_row(extra.name, which, end) for which, end in zip(ENDS, ends, strict=True)]
    least = "" if costs.complete else ">= "
    rows.append(_row("total, min nodes", "", costs.low.value, least))
    rows.append(_row("total, max nodes", "", costs.high.value, least))
    return rows


def _row(
    name: str, nodes: str, hour: float | None, least: str = ""
) -> tuple[str, str, str, str, str]:
    if hour is None:
        return name, nodes, UNKNOWN, UNKNOWN, UNKNOWN
    amounts = (hour, per_day(hour), per_month(hour))
    by_hour, by_day, by_month = (least + money(amount) for amount in amounts)
    return name, nodes, by_hour, by_day, by_month


def model_reasons(model: ModelPlan, catalog: Catalog) -> list[str]:
    """Why the figures of a model are what they are."""
    server = model.server
    said = []
    spread = server.spread
    if spread.typed:
        said.append(f"tensor parallelism {spread.tensor.value}: from the flag in the spec")
    else:
        said.append(spread.tensor.origin.why)
    if server.devices.hosts.value > 1:
        stages = (
            f"pipeline parallelism {spread.pipeline.value} over {server.devices.hosts.value} hosts"
        )
        why = "from the flag in the spec" if spread.stages_typed else spread.pipeline.origin.why
        said.append(f"{stages}: {why}; one leader and {server.devices.hosts.value - 1} workers")
    if model.pool.slice is not None and is_dynamic(model.pool.spec).value:
        said.append(
            f"dynamic slices {model.pool.slice.topology.value}: GKE forms one for each server, of "
            f"{_partitions(model.pool)} (UNVERIFIED on hardware)"
        )
    if server.hbm is None:
        lacking = ", ".join(server.size.missing)
        said.append(f"memory fit not checked: missing {lacking}" if lacking else
                    "memory fit not checked: the usable memory of the chip is unknown")  # fmt: skip
    else:
        said += [*_engine(server.hbm.engine), *server.hbm.result.reasons, *_programs(server.hbm)]
        if not server.size.certain:
            said.append("estimate: sliding-window attention, or a size that is not verified")
    if server.max_model_len is not None:
        said.append(f"maximum length: {_context(model)}")
    said.append(
        f"host: {model.cpu.value} CPU, {model.memory.value} memory, "
        f"{model.ephemeral_storage.value} disk"
    )
    return [*said, *features(model, catalog), *_startup(model.startup)]


def _partitions(pool: PoolPlan) -> str:
    """The nodes of a pool with dynamic slices: each node pool of GKE is a partition."""
    nodes, count = pool.spec.nodes.max.value, len(pool.members)
    many = "partition" if count == 1 else "partitions"
    return f"{nodes} nodes in {count} {many} of {nodes // count}"


def _startup(start: Startup) -> Iterator[str]:
    """What the start takes, what the probe allows, and what was published of it."""
    yield (
        f"startup: {minutes(start.expected.value)} expected, {minutes(start.budget)} allowed by "
        f"the probe: a reserve of {math.floor(start.reserve / 60)} min"
    )
    for row in start.published:
        times = [
            f"{words} {row.data[field]:g} s"
            for field, words in _PUBLISHED.items() if field in row.data
        ]  # fmt: skip
        where = f"{row.data['accelerator']} x {row.data['chips']}"
        yield f"published for {where}: {', '.join(times)} ({row.source}, {row.as_of})"


_PUBLISHED = {
    "ready_seconds": "ready after", "load_seconds": "weights in", "compile_seconds": "compiled in",
    "probe_seconds": "a probe of",
}  # fmt: skip


def _engine(engine: EngineMemory) -> list[str]:
    """What the plan says of the engine's version: nothing where the catalog knows it."""
    if engine.known:
        return []
    why = "the catalog does not know the memory of this engine version"
    return [f"estimate: {why}: {engine.engine}"]


def _programs(hbm: HbmFit) -> list[str]:
    """What is left for compiled programs, of engines that have them outside of their share."""
    if "program_gib_per_device" not in hbm.engine.row.data:
        return []
    given = hbm.given
    rest = 1 - given.utilisation
    left = given.usable_hbm_gib_per_chip * rest
    return [
        (
            f"compiled programs, outside the share: {given.usable_hbm_gib_per_chip:g} GiB x "
            f"{rest:.2g} = {left:.2f} GiB of each {given.unit}"
        )
    ]


def _context(model: ModelPlan) -> str:
    length = model.server.max_model_len
    assert length is not None
    if model.spec.maxModelLen.origin.kind == "spec":
        return f"{length.value} tokens, from the spec"
    return f"{length.value} tokens, {length.origin.why}"


def pool_reasons(pool: PoolPlan, cost: PoolCost) -> list[str]:
    """Why a pool is what it is, and where its price is from."""
    said = []
    if pool.slice is not None and pool.spec.topology.value == AUTO:
        said.append(f"topology {pool.slice.topology.value}: {pool.slice.topology.origin.why}")
        said += pool.unfit
    hosts = pool.slice.hosts.value if pool.slice is not None else 1
    names = ", ".join(m.name.value for m in pool.members)
    if is_dynamic(pool.spec).value:
        slices = pool.spec.nodes.max.value // hosts
        said.append(
            f"{_partitions(pool)}, which do not scale; room for {slices} "
            f"{'slice' if slices == 1 else 'slices'} of {hosts} "
            f"{'host' if hosts == 1 else 'hosts'}, formed when servers start; GKE node pools: "
            f"{names}"
        )
    elif hosts > 1:
        count = len(pool.members)
        what = "1 slice" if count == 1 else f"{count} slices"
        said.append(
            f"{what} of {hosts} hosts, created and deleted as a whole; GKE node pools: {names}"
        )
    if cost.unknown is not None:
        said.append(cost.unknown.words())
    elif cost.row is not None and cost.node is not None:
        mode = pool.spec.purchase.value
        said.append(
            f"{money(cost.node.value)} USD per node and hour, {mode} in {cost.region}, "
            f"as of {cost.row.as_of} ({cost.row.source})"
        )
        note = cost.row.status.get(FIELDS[mode], "")
        if note:
            said.append(f"price: {note}")
    return said


def cost_reasons(costs: Costs) -> list[str]:
    """What is paid beside the machines, and where the prices are from."""
    return [
        f"{extra.name}: {extra.note}"
        + "".join(f"; as of {row.as_of} ({row.source})" for row in extra.rows[:1])
        for extra in costs.extras
    ]


def platform_rows(total: CpuTotal) -> list[list[str]]:
    """The Pods of the pools without accelerators: kind, how many, CPU, GiB, basis; then the sum."""
    rows = [
        [part.name, str(part.pods) if part.sure else "", _amount(part.cpu), _amount(part.memory),
         "read" if part.sure else "estimate"]
        for part in total.parts
    ]  # fmt: skip
    return [*rows, ["total", "", _amount(total.cpu.value), _amount(total.memory.value), ""]]


def _amount(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


def platform_reasons(total: CpuTotal) -> list[str]:
    """Where the requests were read."""
    by_source: dict[str, list[str]] = {}
    for part in total.parts:
        by_source.setdefault(part.source, []).append(part.name)
    return [f"{', '.join(names)}: {source}" for source, names in by_source.items()]
