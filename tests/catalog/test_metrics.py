"""The names of metrics that releases render are those that their programs export."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.checks.serving.metric_name_unknown import PARTS, _scraped

CATALOG = Catalog()
ROWS = [CATALOG.row("metrics", name) for name in CATALOG.names("metrics")]
KNOWN = {
    name for row in ROWS if row
    for name in (*_scraped(row), *row.data.get("histograms", ()))
}  # fmt: skip


@pytest.mark.parametrize("release", CATALOG.names("release"))
def test_a_release_reads_metrics_that_exist(release: str) -> None:
    row = CATALOG.release(release)
    assert row is not None
    assert set(row.data.get("metrics", {}).values()) <= KNOWN


def test_what_is_written_instead_does_not_exist_and_what_is_meant_does() -> None:
    for row in filter(None, ROWS):
        for wrong, right in row.data.get("instead", {}).items():
            assert wrong not in KNOWN and right in KNOWN
            assert wrong.startswith(tuple(row.data["prefixes"]))
            assert not wrong.endswith(PARTS)
