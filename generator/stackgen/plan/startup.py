"""How long a model server takes to start, what the start-up probe allows it, and the reserve."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.origin import Traced, computed, given_or
from stackgen.plan.devices import Devices
from stackgen.record import record

_BUDGET = ("floor_seconds", "floor_seconds_large", "large_from_gib", "factor", "period_seconds")


@record
class Startup:
    """A start: seconds that are expected, and the start-up probe, which has the reserve.

    period: seconds between two tries of the probe. failures: how often it may fail. published: rows
    about this model on this accelerator.
    """

    expected: Traced[float]
    period: Traced[int]
    failures: Traced[int]
    published: tuple[Row, ...]

    @property
    def budget(self) -> int:
        """Seconds that the probe allows."""
        return self.period.value * self.failures.value

    @property
    def reserve(self) -> float:
        """Seconds that the probe allows and that are not expected to be needed."""
        return self.budget - self.expected.value


def startup(
    model: str, load: Traced[float], devices: Devices, catalog: Catalog,
    cached: Traced[float | None],
) -> Startup:  # fmt: skip
    """The start of a server. model: Hugging Face id. load: GiB to read.

    cached: GiB/s at which it reads weights that are kept; None where it downloads them.
    """
    row = catalog.sizing(devices.sizing["startup"])
    accelerator = devices.accelerator
    published = tuple(_published(model, accelerator.value, catalog))
    join = []
    steps = "weights / speed + compile"
    why = f"reading the weights and compiling for the {devices.kind.upper()} must fit in the budget"
    if devices.hosts.value > 1:
        join.append(catalog.sizing("several-hosts").value("join_seconds"))
        steps, why = f"last host + {steps}", f"waiting for the last host, {why}"
    name = f"max({steps}, published)" if published else steps
    expected = computed(
        name, "seconds until the server answers", _expected, load,
        given_or(cached, _on(row, "load_gib_per_s", accelerator)),
        _on(row, "compile_seconds", accelerator),
        accelerator, devices.hosts, join, _values(published, "ready_seconds"),
    )  # fmt: skip
    failures = computed(
        f"max(floor, factor x ({steps})) / period", why, _failures, expected, load,
        *(row.value(field) for field in _BUDGET), _values(published, "probe_seconds"),
    )  # fmt: skip
    return Startup(expected, row.value("period_seconds"), failures, published)


def slowest(starts: Sequence[Startup]) -> Startup:
    """The start for which the probe must allow, of a Pod that may run on several capacities."""
    worst = max(starts, key=lambda start: start.budget)
    if len(starts) == 1:
        return worst
    name, why = "slowest", "the same Pod runs on the node pool and on its fallback"
    return Startup(
        computed(name, why, max, [start.expected for start in starts]),
        worst.period,
        computed(name, why, max, [start.failures for start in starts]),
        worst.published,
    )


def _published(model: str, accelerator: str, catalog: Catalog) -> Iterator[Row]:
    """Rows of the same model and generation, whatever the number of chips."""
    for name in catalog.names("startup"):
        if name.startswith(f"{model}/{accelerator}-"):
            row = catalog.row("startup", name)
            if row is not None and row.data["model"] == model:
                yield row


def _values(rows: tuple[Row, ...], field: str) -> list[Traced[Any]]:
    return [value for row in rows if (value := row.get(field)) is not None]


def _on(row: Row, field: str, accelerator: Traced[str]) -> Traced[Any]:
    """The value for an accelerator: its own where the row has one."""
    return row.get("by_accelerator", accelerator.value, field) or row.value(field)


def _expected(
    load: float, speed: float, compile_time: float, _on: str, _hosts: int, join: tuple[float, ...],
    ready: tuple[float, ...],
) -> float:  # fmt: skip
    return max(load / speed + compile_time + sum(join), *ready, 0.0)


def _failures(
    expected: float, load: float, small: int, large: int, limit: float, factor: float, period: int,
    probes: tuple[float, ...],
) -> int:  # fmt: skip
    """How often the probe may fail: times in seconds, sizes in GiB. probes: published ones."""
    floor = large if load >= limit else small
    return math.ceil(max(floor, factor * expected, *probes) / period)
