"""A plan as text: tables, and the reason for each figure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from stackgen.escape import visible
from stackgen.origin import Origin, Traced
from stackgen.plan.capacity import CpuTotal
from stackgen.plan.estimate import Estimate
from stackgen.plan.model import ModelPlan
from stackgen.report import plan_traffic
from stackgen.report.plan_facts import (
    Planned,
    cost_reasons,
    cost_rows,
    model_cells,
    model_reasons,
    platform_reasons,
    platform_rows,
    pool_cells,
    pool_reasons,
)
from stackgen.report.style import Style
from stackgen.report.table import table

_SERVER = ("replicas", "pool", "devices", "chips", "TP", "startup budget")
_MEMORY = ("weights (GiB)", "KV cache (GiB)", "KV tokens", "max model len", "max concurrency")
_POOL = ("machine", "min/max nodes", "CPU", "memory (GiB)")
_ABOUT_MEMORY = (
    "Accelerator memory of one model server. Max concurrency: requests of the maximum length "
    "that the KV cache holds."
)
_ABOUT_HOSTS = "Chips on several hosts: hosts x chips per host. PP: pipeline parallelism."
_ABOUT_POOLS = (
    "CPU and memory: requested, of what is allocatable. TPU and GPU pools: one node. Other pools: "
    "the minimum and the maximum number of nodes."
)
_ABOUT_PODS = (
    "Requests of all Pods of a row, on the pools without accelerators, at the minimum number of "
    "nodes. read: from the charts and operators of the release. 0: the containers have no "
    "requests. estimate: GKE publishes no figures."
)


def plan_text(planned: Planned, style: Style) -> str:
    """One environment."""
    plan = planned.plan
    location = plan.stack.spec.cluster.location.value
    head = f"{plan.env}: {plan.cluster_name.value} in {location}, {plan.stack.spec.release.value}"
    lines = [style.paint("bold", head), ""]
    lines += [*_models(planned, style), "", *_pools(planned, style), ""]
    if planned.estimate.cpu is not None:
        lines += [*_platform(planned.estimate.cpu, style), ""]
    lines += [*plan_traffic.lines(planned, style), *_costs(planned, style)]
    lines += ["", style.paint("bold", "WHY")]
    for title, said in _reasons(planned):
        lines += [f"  {title}", *_bullets(said, style.width, "    ")]
    if planned.notes:
        lines += ["", style.paint("bold", "FINDINGS")]
        for level, rule, message in planned.notes:
            lines += _bullets([f"{level}[{rule}]: {message}"], style.width, "  ")
    if planned.suppressed:
        lines += ["", f"{_count(planned.suppressed)} suppressed in the spec"]
    return "\n".join(lines) + "\n"


def _models(planned: Planned, style: Style) -> list[str]:
    models = planned.plan.models
    cells = [(model.spec.name.value, model_cells(model)) for model in models]
    servers = [[name, *(cell[k] for k in _SERVER)] for name, cell in cells]
    memory = [[name, *(cell[k] for k in _MEMORY)] for name, cell in cells]
    lines = table(_heads("MODEL", _SERVER), servers, right=(1, 4, 5, 6), width=style.width)
    if any(model.server.devices.hosts.value > 1 for model in models):
        lines += textwrap.wrap(_ABOUT_HOSTS, style.width)
    lines += ["", *table(_heads("MEMORY", _MEMORY), memory, right=range(1, 6), width=style.width)]
    return [*lines, *textwrap.wrap(_ABOUT_MEMORY, style.width)]


def _heads(first: str, others: Sequence[str]) -> list[str]:
    return [first, *(k.upper().replace("GIB", "GiB") for k in others)]


def _count(findings: int) -> str:
    return f"{findings} finding{'s' if findings != 1 else ''}"


def _pools(planned: Planned, style: Style) -> list[str]:
    rows = []
    for capacity in planned.estimate.pools:
        cells = pool_cells(capacity, planned.estimate.cpu)
        rows.append([capacity.pool.spec.name.value, *(cells[k] for k in _POOL)])
    lines = table(_heads("POOL", _POOL), rows, right=(2, 3, 4), width=style.width)
    return [*lines, *textwrap.wrap(_ABOUT_POOLS, style.width)]


def _platform(total: CpuTotal, style: Style) -> list[str]:
    heads = ["PLATFORM", "PODS", "CPU", "GIB", "BASIS"]
    lines = table(heads, platform_rows(total), right=(1, 2, 3), width=style.width)
    return [*lines, *textwrap.wrap(_ABOUT_PODS, style.width)]


def _costs(planned: Planned, style: Style) -> list[str]:
    heads = ["COST IN USD", "NODES", "HOUR", "DAY", "MONTH"]
    return table(heads, cost_rows(planned), right=(1, 2, 3, 4), width=style.width)


def _reasons(planned: Planned) -> Iterator[tuple[str, list[str]]]:
    for model in planned.plan.models:
        yield model.spec.name.value, model_reasons(model)
    for pool, cost in zip(planned.plan.pools, planned.estimate.costs.pools, strict=True):
        yield pool.spec.name.value, pool_reasons(pool, cost)
    yield "beside the machines", cost_reasons(planned.estimate.costs)
    if planned.estimate.cpu is not None:
        yield "platform", platform_reasons(planned.estimate.cpu)


def _bullets(texts: list[str], width: int, indent: str) -> Iterator[str]:
    for text in texts:
        yield from textwrap.wrap(
            visible(text), width, initial_indent=indent, subsequent_indent=indent + "  ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip


# -- explain -------------------------------------------------------------------------------------


def explain_text(planned: Planned, style: Style) -> str:
    """Every planned value with its formula, its inputs, and where they come from."""
    from stackgen.provenance.show import origin_lines

    lines: list[str] = []
    seen: set[int] = set()
    for title, origin in origins(planned):
        value = f" = {origin.value}" if origin.value else ""
        lines += [style.paint("bold", f"{title}{value}"), *origin_lines(origin, seen), ""]
    return "\n".join(lines)


def origins(planned: Planned) -> Iterator[tuple[str, Origin]]:
    """What `--explain` explains, in order."""
    for model in planned.plan.models:
        yield from _model_origins(model)
    for pool in planned.plan.pools:
        name = pool.spec.name.value
        if pool.slice is not None:
            yield f"{name}: topology", pool.slice.topology.origin
        if pool.gpus is not None:
            yield f"{name}: GPUs per node", pool.gpus.per_node.origin
        yield f"{name}: machine type", pool.machine_type.origin
    yield from plan_traffic.origins(planned)
    yield from _estimate_origins(planned.estimate)


def _model_origins(model: ModelPlan) -> Iterator[tuple[str, Origin]]:
    name, server = model.spec.name.value, model.server
    yield f"{name}: tensor parallelism", server.spread.tensor.origin
    if server.devices.hosts.value > 1:
        yield f"{name}: pipeline parallelism", server.spread.pipeline.origin
    hbm = server.hbm
    if hbm is not None:
        yield f"{name}: KV cache (GiB)", hbm.spare.origin
        yield f"{name}: KV bytes per token", hbm.kv_bytes.origin
        yield f"{name}: KV tokens", hbm.kv_tokens.origin
        yield f"{name}: max concurrency", hbm.sequences.origin
    if server.max_model_len is not None:
        yield f"{name}: max model len", server.max_model_len.origin
    yield f"{name}: host memory", model.memory.origin
    yield f"{name}: startup probe failures", model.startup_failures.origin


def _estimate_origins(estimate: Estimate) -> Iterator[tuple[str, Origin]]:
    for capacity in estimate.pools:
        name = capacity.pool.spec.name.value
        if capacity.node_cpu is not None and capacity.node_memory is not None:
            yield f"{name}: CPUs per node", capacity.node_cpu.origin
            yield f"{name}: GiB per node", capacity.node_memory.origin
    if estimate.cpu is not None:
        yield "platform: CPUs requested", estimate.cpu.cpu.origin
        yield "platform: GiB requested", estimate.cpu.memory.origin
    for cost in estimate.costs.pools:
        yield from _both(cost.pool.spec.name.value, cost.low, cost.high)
    for extra in estimate.costs.extras:
        yield from _both(extra.name, extra.low, extra.high)
    yield from _both("total", estimate.costs.low, estimate.costs.high)


def _both(
    name: str, low: Traced[float] | None, high: Traced[float] | None
) -> Iterator[tuple[str, Origin]]:
    """The cost at both ends, or once where it is the same."""
    if low is None or high is None:
        return
    if low is high:
        yield f"{name}: USD per hour", low.origin
        return
    yield f"{name}: min USD per hour", low.origin
    yield f"{name}: max USD per hour", high.origin
