"""The list of known schemas, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from stackgen.escape import json_text
from stackgen.schema.store import Known, SchemaCatalog
from stackgen.table import table

_COLUMNS = ("group", "kind", "version", "scope", "from", "as of", "days", "variant")


def rows(schemas: SchemaCatalog, applying: bool) -> list[Known]:
    """The known schemas in order; with `applying` only those that answer in this catalog."""
    known = schemas.all()
    if applying:
        known = [k for k in known if schemas.find(k.group, k.version, k.kind) is k]
    return sorted(known, key=lambda k: (k.group, k.kind, k.version, k.label))


def _cells(known: Known, today: date) -> tuple[str, ...]:
    origin = f"{known.project} {known.release}".strip() or known.path
    days = str((today - date.fromisoformat(known.as_of)).days) if known.as_of else ""
    return (
        known.group or "core", known.kind or "any", known.version, known.scope, origin, known.as_of,
        days, known.label,
    )  # fmt: skip


def text(known: Iterable[Known], today: date) -> str:
    """A table. days: the age of each schema on `today`; empty for the user's own."""
    return table([_COLUMNS, *(_cells(k, today) for k in known)])


def as_json(known: Iterable[Known]) -> str:
    """A list of objects."""
    items = [
        {
            "group": k.group, "kind": k.kind, "version": k.version, "scope": k.scope,
            "project": k.project, "release": k.release, "asOf": k.as_of, "variant": k.label,
        }
        for k in known
    ]  # fmt: skip
    return json_text(items) + "\n"
