"""What follows from a plan and is rendered nowhere: capacity of the nodes, and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackgen.catalog.load import Catalog
from stackgen.plan.capacity import CpuTotal, PoolCapacity, capacities, cpu_total
from stackgen.plan.cost import Costs, costs
from stackgen.plan.model import Plan
from stackgen.record import record
from stackgen.spec.traffic import says_load

if TYPE_CHECKING:
    from stackgen.plan.throughput.figures import Performance


@record
class Estimate:
    """Capacity by pool, the pools without accelerators together, and costs.

    traffic: of each of `plan.servers` its figures under its traffic, or why they are not known;
    None for a model without traffic.
    """

    pools: tuple[PoolCapacity, ...]
    cpu: CpuTotal | None
    costs: Costs
    traffic: tuple[Performance | str | None, ...]


def estimate(plan: Plan, catalog: Catalog) -> Estimate:
    """The estimate of `plan`. The rows it reads do not count as used by what is rendered."""
    catalog = catalog.copy()
    pools = capacities(plan, catalog)
    money = costs(plan, pools, catalog)
    traffic = _traffic(plan, money, catalog)
    return Estimate(pools, cpu_total(plan, pools, catalog), money, traffic)


def _traffic(plan: Plan, money: Costs, catalog: Catalog) -> tuple[Performance | str | None, ...]:
    if not any(says_load(model.spec.traffic) for model in plan.models):
        return (None,) * len(plan.servers)
    # Read only where there is traffic: most builds have none.
    from stackgen.plan.throughput.figures import performances

    return tuple(performances(plan.servers, money.pools, catalog))
