"""A row of the user's that says something else than the built-in row of the same name."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.rows import VERIFIED, Row
from stackgen.checks.context import Context
from stackgen.findings.model import Place, Violations, violation

# Prices, images, releases and what the planner assumes are the user's to say.
_FACTS = ("accelerator", "machine", "topology", "model", "gke")
_ABOUT_THE_ROW = ("source", "as_of", "status")


def check(context: Context) -> Violations:
    """One finding for each value that differs, at the value."""
    if context.catalog is None:
        return
    for mine, built_in in context.catalog.replaced(_FACTS):
        for field, value in mine.data.items():
            known = built_in.data.get(field)
            if field in _ABOUT_THE_ROW or known is None or known == value:
                continue
            if _plain(value) and _plain(known) and built_in.mark(field) == VERIFIED:
                yield violation(
                    f"{mine.key} has {field} {known}, your row says {value} "
                    f"({built_in.source}; as of {built_in.as_of})",
                    _place(mine, field),
                )


def _plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool))


def _place(row: Row, field: str) -> Place:
    document = row.document
    if document is None:
        return Place()
    path = (*row.path, field)
    source = document.source
    return Place(path=path, file=source.name, text=source.text, mark=document.marks().at(path))
