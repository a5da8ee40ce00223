"""The list of known schemas, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from stackgen.escape import json_text, visible
from stackgen.schema.store import Known, SchemaCatalog
from stackgen.table import WIDTH, table

_COLUMNS = ("KIND", "VERSION", "DAYS", "FROM")


def rows(schemas: SchemaCatalog, applying: bool) -> list[Known]:
    """The known schemas in order; with `applying` only those that answer in this catalog."""
    known = schemas.all()
    if applying:
        known = [k for k in known if schemas.find(k.group, k.version, k.kind) is k]
    return sorted(known, key=lambda k: (k.group, k.kind, k.version, k.label))


def _cells(known: Known, today: date) -> tuple[str, ...]:
    origin = f"{known.project} {known.release}".strip() or known.path
    days = str((today - date.fromisoformat(known.as_of)).days) if known.as_of else ""
    label = f" ({known.label})" if known.label else ""
    return (known.kind or "any", known.version, days, origin + label)


def text(known: Sequence[Known], today: date) -> str:
    """A table, the kinds of each group below its name.

    DAYS: the age of each schema on `today`; empty for the user's own.
    """
    head, *lines = table(_COLUMNS, [_cells(k, today) for k in known], right=(2,), width=WIDTH - 2)
    shown = [f"  {head}"]
    groups = [known.group or "core" for known in known]
    began = 0
    for line in lines:
        if not line.startswith(" "):  # not the rest of a row
            if not began or groups[began] != groups[began - 1]:
                shown.append(visible(groups[began]))
            began += 1
        shown.append(f"  {line}")
    return "".join(f"{line}\n" for line in shown)


def as_json(known: Iterable[Known]) -> str:
    """The same for programs."""
    items = [
        {
            "group": k.group, "kind": k.kind, "version": k.version, "scope": k.scope,
            "project": k.project, "release": k.release, "asOf": k.as_of, "variant": k.label,
        }
        for k in known
    ]  # fmt: skip
    return json_text({"version": 1, "schemas": items}) + "\n"
