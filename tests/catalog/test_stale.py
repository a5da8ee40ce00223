from __future__ import annotations

from datetime import date

from stackgen.catalog.load import FILES, Catalog
from stackgen.catalog.rows import row_of
from stackgen.catalog.stale import stale

TODAY = date(2026, 11, 23)


def test_a_price_is_stale_the_day_after_its_limit() -> None:
    row = row_of("prices.yaml", "v6e/x", {"source": "us", "as_of": "2026-08-25"})
    assert stale([row], date(2026, 11, 23)) == []
    (found,) = stale([row], date(2026, 11, 24))
    assert (found.row, found.age, found.limit) == (row, 91, 90)


def test_other_rows_and_the_users_own_have_their_limits() -> None:
    machine = row_of("machines.yaml", "box", {"source": "us", "as_of": "2025-11-23"})
    price = row_of("catalog/prices.yaml", "box/x", {"source": "us", "as_of": "2026-01-01"})
    assert stale([machine], TODAY) == []
    assert [s.row.key for s in stale([price, machine], date(2026, 11, 24))] == ["box", "box/x"]
    assert stale([price, machine], TODAY, price_days=500) == []


def test_a_built_in_row_that_is_stale_says_what_could_not_be_looked_up() -> None:
    """On the day of the newest row, which needs no clock."""
    catalog = Catalog()
    rows = [row for kind in (*FILES, "release") for row in catalog.rows(kind)]
    found = stale(rows, date.fromisoformat(max(row.as_of for row in rows)))
    unmarked = [
        s.row.key for s in found if not any("UNVERIFIED: " in m for m in s.row.status.values())
    ]
    assert unmarked == []
    assert {s.row.file for s in found} <= {"throughput.yaml"}
