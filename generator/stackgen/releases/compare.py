"""All differences between two releases, in the order of areas, what breaks first."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.pickers import version_of
from stackgen.releases.apis import api_changes
from stackgen.releases.behavior import behavior_changes
from stackgen.releases.model import AREAS, EVERYWHERE, Change, Uses, of_rows
from stackgen.releases.programs import program_changes, version_in


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


def compare(old: Row, new: Row, catalog: Catalog) -> tuple[Change, ...]:
    """What differs. Both rows are releases of `catalog`; user rows of other files count as well."""
    rows = catalog.copy()
    found = [
        *_versions(old, new),
        *api_changes(catalog.variants(old.key), catalog.variants(new.key)),
        *behavior_changes(old, new),
        *program_changes(old, new, rows),
        *note_changes(old, new, rows),
    ]
    return tuple(sorted(found, key=lambda c: (c.level != "breaks", AREAS.index(c.area))))


def _versions(old: Row, new: Row) -> Iterator[Change]:
    was, now = old.data["platform"], new.data["platform"]
    if was != now:
        yield Change(
            "platform", "version", "breaks",
            f"the platform is {now}, before {was}: its controllers do not read objects of {was}, "
            "and every model server is replaced",
            "Install the new platform beside the old one, move traffic route by route, then remove "
            "the old one.",
            EVERYWHERE, *of_rows(old, new), (str(now),),
        )  # fmt: skip
    before, after = old.data.get("versions", {}), new.data.get("versions", {})
    yield from _downgrade(old, new)
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was != now and was is not None and now is not None:
            yield Change(
                f"version-{name}", "version", "changes", f"{name} is {now}, before {was}", "",
                EVERYWHERE, *of_rows(old, new), (name,), new.status.get("versions", ""),
            )  # fmt: skip


def _downgrade(old: Row, new: Row) -> Iterator[Change]:
    """By the version of the platform itself, which stands first in `versions`."""
    before, after = old.data.get("versions", {}), new.data.get("versions", {})
    name = next(iter(before), "")
    if name in after and version_of(after[name]) < version_of(before[name]):
        yield Change(
            "downgrade", "version", "breaks",
            f"this is a downgrade: {name} {after[name]} is older than {before[name]}. The older "
            "release may reject objects that the newer one stored. Release notes do not describe "
            "downgrades",
            "Try it on a copy of the cluster, and keep a backup of all objects and definitions.",
            EVERYWHERE, *of_rows(old, new), (name,),
        )  # fmt: skip
