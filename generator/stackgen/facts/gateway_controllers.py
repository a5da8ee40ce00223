"""Controllers of GatewayClasses, and how their Gateways treat routes to model servers."""

from __future__ import annotations

from collections.abc import Mapping
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
class Beside:
    """The value of a chart with which proxies are beside their Gateway."""

    chart: str
    at: tuple[str, ...]
    value: str


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
    control_plane: tuple[str, int] | None
    shift: int
    beside: Beside | None

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
            control_plane=(asked["name"], asked["port"]) if asked else None,
            shift=row.get("shift", 0),
            beside=Beside(told["chart"], tuple(told["at"]), told["value"]) if told else None,
        )
        for row in shipped(__file__, "gateway_controllers.yaml")["controllers"]
        for asked, told in [(row.get("control_plane"), row.get("beside"))]
    )


def controller_named(name: str, controller: str | None) -> GatewayController | None:
    """The controller of a class. controller: what its GatewayClass says; None without one."""
    for row in gateway_controllers():
        if row.controller == controller or (controller is None and name in row.classes):
            return row
    return None


@cache
def platform_classes() -> Mapping[str, tuple[str, ...]]:
    """The GatewayClasses that a platform makes: of `google` and `istio`."""
    table = shipped(__file__, "gateway_controllers.yaml")
    return {name: tuple(table[name]) for name in ("google", "istio")}
