"""The Grafanas that charts of the input install."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.prometheus_addresses import STACK
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.shape import as_dict, at, text
from stackgen.record import record


@record
class Grafana:
    """stack: it is part of the chart of Prometheus. values: those of the chart grafana."""

    install: Install
    values: dict[str, Any]
    stack: bool

    @property
    def complete(self) -> bool:
        """No other values are given."""
        return self.install.complete

    @property
    def label(self) -> tuple[str, str]:
        """The label of ConfigMaps with dashboards, and its value; "" for no label, any value."""
        sidecar = as_dict(at(self.values, "sidecar", "dashboards"))
        if sidecar.get("enabled") is not True and not (self.stack and "enabled" not in sidecar):
            return "", ""
        value = sidecar.get("labelValue", "1" if self.stack else "")
        return text(sidecar.get("label")) or "grafana_dashboard", "" if value is None else str(
            value
        )

    @property
    def spaces(self) -> tuple[str, ...] | None:
        """The namespaces in which the sidecar searches; None for all, or those not known."""
        sidecar = as_dict(at(self.values, "sidecar", "dashboards"))
        given = sidecar.get("searchNamespace", "ALL" if self.stack else None)
        if given is None:
            return (self.install.namespace,) if self.install.namespace else None
        names = given if isinstance(given, list) else str(given).split(",")
        return None if "ALL" in names else tuple(str(name).strip() for name in names)


def grafanas(context: Context) -> tuple[Grafana, ...]:
    """All of them, found once."""
    return context.once(_found)


def _found(context: Context) -> tuple[Grafana, ...]:
    found = []
    for one in installs(context.bundle):
        if one.chart.chart == STACK and at(one.values, "grafana", "enabled") is not False:
            found.append(Grafana(one, as_dict(one.values.get("grafana")), True))
        elif one.chart.chart == "grafana":
            found.append(Grafana(one, one.values, False))
    return tuple(found)
