"""What release notes say that rows cannot show: rows of `changes.yaml` between two versions."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.pickers import version_of
from stackgen.releases.model import Change, Uses
from stackgen.releases.programs import version_in


def note_changes(old: Row, new: Row, catalog: Catalog) -> Iterator[Change]:
    """The changes after the old version of each component, up to the new one."""
    for row in catalog.rows("change"):
        component, version, _ = row.key.split("/")
        was, now = version_in(old, component), version_in(new, component)
        rows = row.data.get("only", (new.key,))
        # 0.9 is in 0.9.1: a version is compared by the numbers that the change names.
        since = version_of(version)
        size = len(since)
        before, after = version_of(was)[:size], version_of(now)[:size]
        if was and now and before < since <= after and new.key in rows:
            yield _change(row, f"{component} {version}")


def _change(row: Row, version: str) -> Change:
    data, uses = row.data, row.data.get("uses", {})
    return Change(
        row.key, "notes", data["effect"], f"{version}: {data['what']}", data["do"],
        Uses(
            words=tuple(uses.get("words", ())), kinds=tuple(uses.get("kinds", ())),
            beside=tuple(uses.get("beside", ())), everywhere=uses.get("everywhere", False),
        ),
        row.source, row.as_of, status="; ".join(row.status.values()),
    )  # fmt: skip
