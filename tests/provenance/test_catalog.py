"""Catalog leaves of origins against what a build with another catalog value changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from tests.stacks import ROOT

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.compiler import Compiled, compile_environment
from stackgen.manifest.resource import Bundle

STACKS = {"dev": ROOT, "prod": ROOT / "generator" / "stackgen" / "patterns" / "multi-host"}
# What says where a figure is from, and what a build does not render.
ABOUT = {"source", "as_of", "status", "quirks", "name", "generation", "topology", "machine"}


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if path or key not in ABOUT:
                yield from _leaves(item, (*path, key))
    elif isinstance(value, (int, float, str)) and not isinstance(value, bool):
        yield path


def _with(data: Any, path: tuple[str, ...]) -> Any:
    """The data with another value at `path`."""
    if not path:
        return data * 2 + 1 if isinstance(data, (int, float)) else f"{data}-other"
    return {**data, path[0]: _with(data[path[0]], path[1:])}


def _build(env: str) -> Compiled:
    return compile_environment(str(STACKS[env]), env, prove=False)


def _values(bundle: Bundle) -> dict[tuple[str, tuple[Any, ...]], Any]:
    # Kustomize's own files list the others by position, which moves where a file is added.
    return {(r.file, path): r.get(*path) for r in bundle.objects for path in r.origins}


def _named(bundle: Bundle) -> dict[tuple[str, tuple[Any, ...]], set[str]]:
    """The catalog leaves of every rendered value."""
    return {
        (r.file, path): {leaf.name for leaf in origin.leaves() if leaf.kind == "catalog"}
        for r in bundle.objects
        for path, origin in r.origins.items()
    }


def _moved(before: Bundle, after: Bundle, key: tuple[str, tuple[Any, ...]]) -> bool:
    """Whether an item of a list has another place now: one before it came or went."""
    (old,) = (r for r in before.objects if r.file == key[0])
    (new,) = (r for r in after.objects if r.file == key[0])
    for end in range(len(key[1]), 0, -1):
        path = key[1][:end]
        beside = new.get(*path[:-1])
        if isinstance(path[-1], int) and isinstance(beside, list):
            return old.get(*path) in beside
    return False


Leaf = tuple[Row, tuple[str, ...]]
REAL = Catalog.row
TOGETHER = 8


def _name(leaf: Leaf) -> str:
    row, path = leaf
    return ".".join((f"{row.file}#{row.key}", *path))


def _says(leaves: set[str], name: str) -> bool:
    return any(name == leaf or name.startswith(f"{leaf}.") for leaf in leaves)


def _build_with(env: str, leaves: list[Leaf], monkeypatch: pytest.MonkeyPatch) -> Bundle | None:
    """The build with another value at each of `leaves`, if there is one."""
    others: dict[tuple[str, str], Row] = {}
    for row, path in leaves:
        base = others.get((row.file, row.key), row)
        others[row.file, row.key] = dataclasses.replace(base, data=_with(dict(base.data), path))

    def look(self: Catalog, kind: str, name: str) -> Row | None:
        found = REAL(self, kind, name)
        return found if found is None else others.get((found.file, found.key), found)

    with monkeypatch.context() as patched:
        patched.setattr(Catalog, "row", look)
        try:
            return _build(env).bundle
        except (LookupError, ValueError):
            return None  # a table that has no such entry


@pytest.mark.parametrize("env", STACKS)
def test_what_another_catalog_value_changes_names_that_value(
    env: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = _build(env)
    assert base.bundle is not None
    bundle = base.bundle
    before, named = _values(bundle), _named(bundle)
    unsaid: list[str] = []
    moved: set[str] = set()

    def compare(leaves: list[Leaf]) -> None:
        """Change `leaves` together. Halve them where that gives no build or an unsaid change."""
        names = [_name(leaf) for leaf in leaves]
        wrong: list[str] = []
        after = _build_with(env, leaves, monkeypatch)
        now = {} if after is None else _values(after)
        for key in before.keys() & now.keys():
            assert after is not None
            if before[key] != now[key] and not _moved(bundle, after, key):
                said = {
                    n for n in names if any(n == m or n.startswith(f"{m}.") for m in named[key])
                }
                moved.update(said)
                if not said:
                    wrong.append(f"{names[0]} -> {key}")
        if len(leaves) > 1 and (after is None or wrong):
            compare(leaves[::2])
            compare(leaves[1::2])
        else:
            unsaid.extend(wrong)

    leaves = [(row, path) for row in base.catalog.used() for path in _leaves(dict(row.data))]
    # Neighbors together, then values of different rows: what one group hides, the other shows.
    step = len(leaves) // TOGETHER + 1
    for first in range(0, len(leaves), TOGETHER):
        compare(leaves[first : first + TOGETHER])
    for first in range(step):
        compare(leaves[first::step])
    assert not unsaid, "changed, and not said by the origin:\n" + "\n".join(unsaid[:30])
    assert len(moved) > 40
