"""The names of metrics that releases render are those that their programs export."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.checks.serving.monitoring.metric_name_unknown import PARTS, _scraped

CATALOG = Catalog()
ROWS = [CATALOG.row("metrics", name) for name in CATALOG.names("metrics")]
KNOWN = {
    name for row in ROWS if row
    for name in (*_scraped(row), *row.data.get("histograms", ()), *row.data.get("counters", ()))
}  # fmt: skip


@pytest.mark.parametrize("release", CATALOG.names("release"))
def test_a_release_reads_metrics_that_exist(release: str) -> None:
    row = CATALOG.release(release)
    assert row is not None
    assert set(row.data.get("metrics", {}).values()) <= KNOWN


def test_what_is_written_instead_does_not_exist_any_more_and_what_is_meant_does() -> None:
    for row in filter(None, ROWS):
        gone = {name for names in row.data.get("until", {}).values() for name in names}
        for wrong, right in row.data.get("instead", {}).items():
            assert wrong not in KNOWN or wrong in gone
            assert right in KNOWN and right not in gone
            assert wrong.startswith(tuple(row.data["prefixes"]))
            assert not wrong.endswith(PARTS)


def test_a_name_with_a_bound_is_a_name_of_the_program() -> None:
    for row in filter(None, ROWS):
        listed = [*row.data.get("gauges", ()), *row.data["counters"], *row.data["histograms"]]
        assert len(listed) == len(set(listed)), row.key
        for field in ("since", "until"):
            bound = [name for names in row.data.get(field, {}).values() for name in names]
            assert set(bound) <= set(listed), (row.key, field)
            assert len(bound) == len(set(bound))
