"""All differences between two releases, in the order of areas, what breaks first."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.pickers import version_of
from stackgen.releases.apis import api_changes
from stackgen.releases.behavior import behavior_changes
from stackgen.releases.model import AREAS, EVERYWHERE, Change, of_rows
from stackgen.releases.notes import note_changes
from stackgen.releases.programs import program_changes


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
