"""Whether a version of a program exports a metric, by the rows of metrics.yaml."""

from __future__ import annotations

from stackgen.catalog.rows import Row
from stackgen.facts.pickers import Version, version_of

TYPES = ("gauges", "counters", "histograms")


def row_has(row: Row, name: str, version: Version) -> bool:
    """Whether a version of the program exports a name that it declares in some version."""
    since, until = (version_of(bound(row, field, name)) for field in ("since", "until"))
    # 0.4 has what 0.4.0 has: a shorter version is compared by the numbers that it gives.
    size = len(version)
    return version >= since[:size] and (not until or version < until[:size])


def bound(row: Row, field: str, name: str) -> str:
    """The version in `since` or `until` of a name; "" for none."""
    found: dict[str, list[str]] = row.data.get(field, {})
    return next((version for version, names in found.items() if name in names), "")


def declared(row: Row) -> tuple[str, ...]:
    """All names that the program declares in some version."""
    return tuple(name for kind in TYPES for name in row.data.get(kind, ()))
