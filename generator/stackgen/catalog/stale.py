"""Rows that are too old to trust without another look."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from stackgen.catalog.rows import Row
from stackgen.record import record

PRICE_DAYS = 90
OTHER_DAYS = 365
# Prices that change seldom are like other rows: disks, forwarding rules and the cluster fee.
_STEADY = ("gib-month", "mibps-month", "forwarding-rules-hour", "cluster-hour")


@record
class Stale:
    """A row and its age in days, over the limit that applies to it."""

    row: Row
    age: int
    limit: int


def moves(row: Row) -> bool:
    """Whether a row is a price that changes often, so that its limit is `PRICE_DAYS`."""
    return row.file.endswith("prices.yaml") and row.data.get("unit") not in _STEADY


def stale(
    rows: Iterable[Row], today: date, price_days: int = PRICE_DAYS, other_days: int = OTHER_DAYS
) -> list[Stale]:
    """The rows older than their limit on `today`, oldest first.

    The caller names the day: nothing here looks at a clock.
    """
    found = []
    for row in rows:
        limit = price_days if moves(row) else other_days
        age = (today - date.fromisoformat(row.as_of)).days
        if age > limit:
            found.append(Stale(row, age, limit))
    return sorted(found, key=lambda s: (-s.age, s.row.file, s.row.key))
