"""Which lines of the spec brought a change about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.secret_values import HIDDEN
from stackgen.origin import Origin, shown
from stackgen.record import record
from stackgen.review.match import Identity, identity
from stackgen.review.model import Cause, Field, Item, Label, Side, show_label
from stackgen.spec.load import Loaded

ROW = "catalog"


@record
class _Leaf:
    value: Any
    shown: Any
    name: str
    file: str
    line: int
    column: int


@record
class Specs:
    """The two specs side by side: their leaves by name, those that differ, and all origins.

    changed: names that differ, with a line of each side where it has one. old, new: the objects
    as the specs render them, by identity.
    """

    changed: dict[Label, tuple[_Leaf | None, _Leaf | None]]
    old: dict[Identity, Resource]
    new: dict[Identity, Resource]
    old_data: Any
    new_data: Any
    old_rows: dict[str, str]


def specs(old: Side, new: Side) -> Specs | None:
    """None unless both sides have a spec: then nothing says what is different about it."""
    if old.compiled is None or new.compiled is None:
        return None
    leaves = [_leaves(side.compiled.loaded) for side in (old, new) if side.compiled is not None]
    before, after = leaves
    changed = {
        name: (before.get(name), after.get(name))
        for name in {**before, **after}
        if (before[name].value if name in before else None)
        != (after[name].value if name in after else None)
    }
    objects = [_objects(side) for side in (old, new)]
    rows: dict[str, str] = {}
    for resource in objects[0].values():
        for origin in resource.origins.values():
            rows.update({_row(o): o.value for o in origin.leaves() if o.kind == ROW})
    return Specs(
        changed, objects[0], objects[1], old.compiled.loaded.data, new.compiled.loaded.data, rows
    )


def _row(origin: Origin) -> str:
    """The name of a row; one of the user's own stands in for the built-in one."""
    return origin.name.removeprefix(f"{ROW}/")


def _objects(side: Side) -> dict[Identity, Resource]:
    bundle = side.compiled.bundle if side.compiled is not None else None
    return {identity(r): r for r in bundle.objects} if bundle is not None else {}


def _leaves(loaded: Loaded) -> dict[Label, _Leaf]:
    """The leaves of a merged spec; list items go by their name."""
    found = {}
    for path, node in loaded.nodes.items():
        if isinstance(node.value, (dict, list)) and node.value:
            continue
        mark = node.mark
        value = None if isinstance(node.value, (dict, list)) else node.value
        name, shown = named(loaded.data, path), value
        if path in loaded.secrets:
            shown = HIDDEN
        label = name if shown == value or name[-1:] != (value,) else (*name[:-1], Item(HIDDEN))
        found[name] = _Leaf(
            value, shown, show_label(label), node.source.name, mark.line, mark.column
        )
    return found


def named(data: Any, path: Path) -> Label:
    """A path of the spec with the names of list items instead of their positions."""
    steps: list[str] = []
    here = data
    for step in path:
        if isinstance(step, int):
            item = here[step] if isinstance(here, list) and step < len(here) else None
            name = item.get("name") if isinstance(item, dict) else None
            text = name if isinstance(name, str) else item if isinstance(item, str) else str(step)
            steps.append(Item(text))
            here = item
        else:
            steps.append(step)
            here = here.get(step) if isinstance(here, dict) else None
    return tuple(steps)


def causes_of_field(
    field: Field, old: Resource | None, new: Resource | None, both: Specs
) -> tuple[Cause, ...]:
    """What brought one field about."""
    origins: list[tuple[Literal["old", "new"], Origin]] = []
    before = both.old.get(identity(old)) if old is not None else None
    after = both.new.get(identity(new)) if new is not None else None
    places = [p for p in (field.new_at, field.old_at) if p is not None]
    if after is not None:
        origins += [("new", o) for path in places for o in _below(after, path)]
    if before is not None:
        origins += [("old", o) for path in places for o in _below(before, path)]
    return tuple(_causes(origins, both))


def causes_of_object(
    resource: Resource, side: Literal["old", "new"], both: Specs
) -> tuple[Cause, ...]:
    """What brought a whole object in, or took it out."""
    made = (both.new if side == "new" else both.old).get(identity(resource))
    if made is None:
        return ()
    if made.condition is not None:
        found = tuple(_causes([(side, made.condition)], both))
        if found:
            return found
    names = [o for p, o in made.origins.items() if p[:1] == ("metadata",)]
    found = tuple(_causes([(side, o) for o in names], both))
    return found or tuple(_causes([(side, o) for o in made.origins.values()], both))


def _below(resource: Resource, path: Path) -> Iterator[Origin]:
    size = len(path)
    for table in (resource.origins, resource.absent):
        for at, origin in table.items():
            if at[:size] == path:
                yield origin


def _causes(
    origins: Iterable[tuple[Literal["old", "new"], Origin]], both: Specs
) -> Iterator[Cause]:
    seen: set[str] = set()
    rows: list[Cause] = []
    for side, origin in origins:
        data = both.new_data if side == "new" else both.old_data
        for leaf in origin.leaves():
            if leaf.kind in ("spec", "default"):
                for name, sides in _changed(named(data, leaf.path), both):
                    if (text := show_label(name)) not in seen:
                        seen.add(text)
                        yield _cause(sides)
            elif leaf.kind == ROW and side == "new" and leaf.name not in seen:
                seen.add(leaf.name)
                before = both.old_rows.get(_row(leaf))
                if before is not None and before != leaf.value:
                    rows.append(Cause(
                        leaf.name, "new", leaf.file, leaf.line, leaf.column, before, leaf.value
                    ))  # fmt: skip
    if not seen - {row.name for row in rows} or rows:
        yield from rows


def _changed(name: Label, both: Specs) -> Iterator[tuple[Label, tuple[_Leaf | None, _Leaf | None]]]:
    """The differing leaves at, below or above a name of the spec."""
    exact = both.changed.get(name)
    if exact is not None:
        yield name, exact
        return
    for other, sides in both.changed.items():
        size = min(len(other), len(name))
        if other[:size] == name[:size]:
            yield other, sides


def _cause(sides: tuple[_Leaf | None, _Leaf | None]) -> Cause:
    old, new = sides
    stands = new or old
    assert stands is not None
    return Cause(
        stands.name, "new" if new is not None else "old", stands.file, stands.line, stands.column,
        shown(old.shown) if old is not None else "", shown(new.shown) if new is not None else "",
    )  # fmt: skip
