"""Rows that are older than the spec allows, and where to say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackgen.catalog.rows import Row
from stackgen.catalog.stale import Stale, stale
from stackgen.checks.context import Context, spec_place
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import few

NAMED = 3  # rows that a message names


def violations(context: Context, rows: Iterable[Row], where: tuple[str | int, ...]) -> Violations:
    """One for each old row of the user's, one for all old built-in rows, at `where`."""
    if context.today is None or context.stack is None or context.loaded is None:
        return
    limits = context.stack.spec.catalogMaxAgeDays
    found = stale(rows, context.today, limits.prices.value, limits.others.value)
    for old in found:
        if old.row.document is not None:
            document = old.row.document
            mark = document.marks().at(old.row.path, key=True)
            place = Place(
                path=old.row.path, key=True, file=document.source.name, text=document.source.text,
                mark=mark,
            )  # fmt: skip
            yield violation(_message([old]), place)
    built_in = [old for old in found if old.row.document is None]
    if built_in:
        yield violation(_message(built_in), spec_place(context.loaded, where))


def _message(found: Sequence[Stale]) -> str:
    first = found[0]
    names = few((f"{old.row.file}#{old.row.key}" for old in found), NAMED)
    one = "is" if len(found) == 1 else "are"
    return (
        f"{names} {one} of {first.row.as_of} or later, {first.age} days old at most; "
        f"{first.limit} are allowed"
    )
