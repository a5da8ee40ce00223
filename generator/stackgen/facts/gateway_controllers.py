"""Controllers of GatewayClasses, and how their Gateways treat routes to model servers."""

from __future__ import annotations

from functools import cache

from stackgen.manifest.shipped import shipped
from stackgen.record import record


@record
class PoolGroups:
    """API groups of InferencePool, from a version on. builds_differ: in builds of distributions."""

    first: tuple[int, int]
    groups: tuple[str, ...]
    builds_differ: bool = False


@record
class GatewayController:
    """One row of gateway_controllers.yaml; see there for the fields."""

    name: str
    controller: str
    classes: tuple[str, ...]
    pools: str
    needs: str
    chart: str
    groups: tuple[str, ...]
    route_seconds: int | None
    set_by: tuple[str, ...]
    one_pool: str
    pool_groups: tuple[PoolGroups, ...]
    proxies: str

    def reads(self, minor: tuple[int, int]) -> PoolGroups:
        """The API groups whose InferencePools a version reads. minor: such as (1, 27)."""
        before = [one for one in self.pool_groups if one.first <= minor]
        return before[-1] if before else PoolGroups((0, 0), ())


@cache
def gateway_controllers() -> tuple[GatewayController, ...]:
    """Every controller of the table."""
    return tuple(
        GatewayController(
            name=row["name"],
            controller=row["controller"],
            classes=tuple(row["classes"]),
            pools=row["pools"],
            needs=row.get("needs", ""),
            chart=row.get("chart", ""),
            groups=tuple(row.get("groups", ())),
            route_seconds=row.get("route_seconds"),
            set_by=tuple(row.get("set_by", ())),
            one_pool=row.get("one_pool", ""),
            pool_groups=tuple(
                PoolGroups(
                    tuple(one["from"]), tuple(one["groups"]), one.get("builds_differ", False)
                )
                for one in row.get("pool_groups", ())
            ),
            proxies=row.get("proxies", ""),
        )
        for row in shipped(__file__, "gateway_controllers.yaml")["controllers"]
    )
