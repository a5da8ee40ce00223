"""The parts of a plan for every format: tables with their notes, reasons and findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.record import record
from stackgen.report import plan_fallback, plan_prefill, plan_scaling, plan_traffic
from stackgen.report.plan_diff import changed, choices, facts
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


@record
class Section:
    """A table. right: columns of numbers. above, below: sentences. title: where `head` has none."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]
    below: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    title: str = ""


def heading(planned: Planned) -> str:
    """Environment, cluster, location and release."""
    plan = planned.plan
    location = plan.stack.spec.cluster.location.value
    return f"{plan.env}: {plan.cluster_name.value} in {location}, {plan.stack.spec.release.value}"


def sections(planned: Planned) -> Iterator[Section]:
    """Every table, in order."""
    models = planned.plan.servers
    cells = [(model.spec.name.value, model_cells(model)) for model in models]
    several = any(model.server.devices.hosts.value > 1 for model in models)
    hosts = (_ABOUT_HOSTS,) if several else ()
    yield _of("MODEL", _SERVER, cells, (1, 4, 5, 6), hosts)
    yield _of("MEMORY", _MEMORY, cells, (1, 2, 3, 4, 5), (_ABOUT_MEMORY,))
    pools = [
        (capacity.pool.spec.name.value, pool_cells(capacity, planned.estimate.cpu))
        for capacity in planned.estimate.pools
    ]
    yield _of("POOL", _POOL, pools, (2, 3, 4), (_ABOUT_POOLS,))
    if planned.estimate.cpu is not None:
        rows = tuple(tuple(row) for row in platform_rows(planned.estimate.cpu))
        head = ("PLATFORM", "PODS", "CPU", "GIB", "BASIS")
        yield Section(head, rows, (1, 2, 3), (_ABOUT_PODS,))
    scaled = tuple(plan_scaling.rows(planned))
    if scaled:
        below = (plan_scaling.ABOUT, *plan_scaling.starts(planned))
        yield Section(plan_scaling.HEAD, scaled, (1, 3, 4, 5, 6), below)
    capacity = tuple(plan_fallback.rows(planned))
    if capacity:
        below = (plan_fallback.ABOUT, *dict.fromkeys(plan_fallback.notes(planned)))
        yield Section(plan_fallback.HEAD, capacity, (4, 5), below)
    split = tuple(plan_prefill.rows(planned))
    if split:
        yield Section(plan_prefill.HEAD, split, (1, 2, 3, 4, 5, 6, 7), (plan_prefill.ABOUT,))
    yield from _traffic(planned)
    head = ("COST IN USD", "NODES", "HOUR", "DAY", "MONTH")
    yield Section(head, tuple(cost_rows(planned)), (1, 2, 3, 4))


def _of(
    first: str, names: Sequence[str], cells: Sequence[tuple[str, dict[str, str]]],
    right: tuple[int, ...], below: tuple[str, ...],
) -> Section:  # fmt: skip
    head = (first, *(name.upper().replace("GIB", "GiB") for name in names))
    rows = tuple((name, *(cell[k] for k in names)) for name, cell in cells)
    return Section(head, rows, right, below)


def _traffic(planned: Planned) -> Iterator[Section]:
    for name, found in plan_traffic.by_model(planned):
        title = f"TRAFFIC OF {name}"
        if isinstance(found, str):
            yield Section((), (), (), (), (f"unknown: {found}",), title)
        else:
            head = ("", "VALUE", "RANGE", "LIMIT", "BASIS")
            reasons = tuple(plan_traffic.reasons(found))
            asked = (plan_traffic.asked(found),)
            rows = tuple(plan_traffic.rows(found))
            yield Section(head, rows, (1, 2, 3), reasons, asked, title)


def reasons(planned: Planned) -> Iterator[tuple[str, list[str]]]:
    """Why the figures are what they are, by what they are of."""
    for model in planned.plan.servers:
        yield model.spec.name.value, model_reasons(model, planned.plan.catalog)
    for pool, cost in zip(planned.plan.pools, planned.estimate.costs.pools, strict=True):
        yield pool.spec.name.value, pool_reasons(pool, cost)
    yield "beside the machines", cost_reasons(planned.estimate.costs)
    if planned.estimate.cpu is not None:
        yield "platform", platform_reasons(planned.estimate.cpu)


def findings(planned: Planned) -> list[str]:
    """The findings about the plan, and how many the spec suppresses."""
    said = [f"{level}[{rule}]: {message}" for level, rule, message in planned.notes]
    count = planned.suppressed
    if count:
        said.append(f"{count} finding{'s' if count != 1 else ''} suppressed in the spec")
    return said


def comparison(before: Planned, after: Planned) -> tuple[Section, list[str]]:
    """The figures that another value changes, and what comes of it."""
    rows = tuple(changed(facts(before), facts(after)))
    said = [*choices(after)]
    for sign, notes in (
        ("+", [n for n in after.notes if n not in before.notes]),
        ("-", [n for n in before.notes if n not in after.notes]),
    ):
        said += [f"{sign} {level}[{rule}]: {message}" for level, rule, message in notes]
    return Section(("figure", "now", "what if"), rows, (1, 2)), said
