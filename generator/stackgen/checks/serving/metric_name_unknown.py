"""A query for a metric that nothing exports."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.queries import queries, recorded
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.spelling import nearest

RULE = rule_named(__name__)

PARTS = ("_bucket", "_sum", "_count")


def check(context: Context) -> Iterator[Finding]:
    """One finding for each name of a known program that this program does not have."""
    rows = _rows(context.catalog.copy())
    objects = context.bundle.objects
    own: frozenset[str] | None = None
    for query in queries(objects):
        for name in query.names:
            row = next((r for r in rows if name.startswith(tuple(r.data["prefixes"]))), None)
            if row is None:
                continue
            instead = row.data.get("instead", {}).get(name)
            # An adapter gives names of its own, and only a colon says that it did not.
            if query.renamed and ":" not in name and instead is None:
                continue
            own = recorded(objects) if own is None else own
            if name in own or name in _scraped(row):
                continue
            yield RULE.finding(
                f"no {row.key} exports {visible(name)}{_hint(row, name, instead)}",
                Place(query.resource, query.path),
            )


def _rows(catalog: Catalog) -> list[Row]:
    found = (catalog.row("metrics", name) for name in catalog.names("metrics"))
    return [row for row in found if row is not None]


def _scraped(row: Row) -> set[str]:
    """The names that a scrape of the program contains."""
    counters = row.data.get("counters", ())
    names = {one if one.endswith("_total") else f"{one}_total" for one in counters}
    names |= set(row.data.get("gauges", ()))
    return names | {one + part for one in row.data.get("histograms", ()) for part in PARTS}


def _hint(row: Row, name: str, instead: str | None) -> str:
    histograms = row.data.get("histograms", ())
    if name in histograms:
        return f"; it is a histogram, with {', '.join(name + part for part in PARTS)}"
    if name in row.data.get("counters", ()):
        return f'; did you mean "{name}_total"?'
    known = [one for kind in ("gauges", "counters", "histograms") for one in row.data.get(kind, ())]
    part = next((p for p in PARTS if name.endswith(p)), "")
    found = instead or nearest(name.removesuffix(part), known)
    return f'; did you mean "{found}{part if found in histograms else ""}"?' if found else ""
