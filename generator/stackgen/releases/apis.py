"""API versions and fields that a release no longer has, by the schemas that its row names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.manifest.document import Path, show_path
from stackgen.releases.model import Change, Uses, listed
from stackgen.releases.narrow import Narrowing, Sort, narrowings
from stackgen.schema.node import tree
from stackgen.schema.store import Known, SchemaCatalog, Versions, manifest

# What is said of fields that accept less, and what helps.
_SAID: dict[Sort, tuple[str, str]] = {
    "removed": ("lacks the fields", "Remove these fields, or use what replaces them."),
    "required": ("requires", "Set these fields."),
    "type": ("has another type for", "Write the value in the new type."),
    "values": ("accepts fewer values of", "Use a value that is left."),
    "limit": ("has tighter limits for", "Change values beyond the new limit."),
    "rule": ("has new rules between fields of", "Compare stored objects with the new rules."),
}
_TOLD = 40  # names of one difference


def api_changes(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    """Of every kind whose schema is another: versions, storage, fields.

    old, new: the variants of schemas of the two releases, as `Catalog.variants` gives them.
    """
    before, after = SchemaCatalog(variants=old), SchemaCatalog(variants=new)
    labels = {*old, *new}
    kinds = {(group, kind) for label, group, kind in manifest() if label in labels}
    for group, kind in sorted(kinds):
        was, now = before.versions(group, kind), after.versions(group, kind)
        if was and now and was is not now:
            yield from _kind(was, now)


def _kind(was: Versions, now: Versions) -> Iterator[Change]:
    for version, known in was.items():
        if version not in now:
            yield _change(
                "api-version-removed", "breaks",
                f"{_name(known)} is not served; {_and(now)} {'is' if len(now) == 1 else 'are'}",
                f"Write {_stored(now).version} in manifests, before the old release is gone.",
                Uses(kinds=(f"{known.group}/{version}/{known.kind}",)), _stored(now),
            )  # fmt: skip
        elif version in now:
            yield from _fields(known, now[version])
    old, new = _stored(was), _stored(now)
    if old.version != new.version:
        yield _change(
            "api-storage-version", "changes",
            f"{new.kind} {new.group} is stored as {new.version}, before as {old.version}; the "
            "conversion webhook must serve before an object is written",
            f"Write {new.version} in manifests, and migrate stored objects.",
            Uses(kinds=(f"{new.group}/{new.kind}",)), new,
        )  # fmt: skip
        if old.version in now:
            yield from _fields(old, new)


def _fields(old: Known, new: Known) -> Iterator[Change]:
    """What one version accepts less than another, a difference for each sort."""
    if old.path == new.path:
        return
    by_sort: dict[Sort, list[Narrowing]] = {}
    for one in narrowings(tree(old.path).root, tree(new.path).root):
        if one.path[:1] != ("status",):  # controllers write it
            by_sort.setdefault(one.sort, []).append(one)
    for sort, found in by_sort.items():
        says, remedy = _SAID[sort]
        names = tuple(dict.fromkeys(_shown(one.path) for one in found))
        subject = _name(new)
        if old.version != new.version:
            subject += f", to which objects of {old.version} are converted,"
        yield _change(
            f"api-field-{sort}", "breaks", f"{subject} {says} {listed(names)}", remedy,
            Uses(
                kinds=(f"{old.group}/{old.version}/{old.kind}",),
                paths=tuple(one.path for one in found),
            ),
            new, names[:_TOLD],
        )  # fmt: skip


def _change(
    id: str, level: str, what: str, remedy: str, uses: Uses, known: Known,
    names: tuple[str, ...] = (),
) -> Change:  # fmt: skip
    source = f"{known.project} {known.release}, definition of {known.kind}"
    return Change(
        id, "api", "breaks" if level == "breaks" else "changes", what, remedy, uses, source,
        known.as_of, names,
    )  # fmt: skip


def _shown(path: Path) -> str:
    """The path as text, with [*] for any item."""
    return show_path(path).replace('["*"]', "[*]") if path else "the object itself"


def _name(known: Known) -> str:
    return f"{known.kind} {known.group}/{known.version}"


def _stored(versions: Versions) -> Known:
    found = [known for known in versions.values() if known.storage]
    return found[0] if found else list(versions.values())[-1]


def _and(names: Iterable[str]) -> str:
    return " and ".join(names)
