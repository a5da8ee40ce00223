"""Catalogue leaves of origins against what a build with another catalogue value changes."""

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
    """The catalogue leaves of every rendered value."""
    return {
        (r.file, path): {leaf.name for leaf in origin.leaves() if leaf.kind == "catalog"}
        for r in bundle.objects
        for path, origin in r.origins.items()
    }


def _moved(bundle: Bundle, key: tuple[str, tuple[Any, ...]], value: Any) -> bool:
    """Whether the item of a list has another place now: one before it came or went."""
    (resource,) = (r for r in bundle.objects if r.file == key[0])
    beside = resource.get(*key[1][:-1])
    return isinstance(beside, list) and value in beside


@pytest.mark.parametrize("env", STACKS)
def test_what_another_catalogue_value_changes_names_that_value(
    env: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = _build(env)
    assert base.bundle is not None
    before, named, unsaid, moved = _values(base.bundle), _named(base.bundle), [], set()
    real = Catalog.row
    for row in base.catalog.used():
        for path in _leaves(dict(row.data)):
            other = dataclasses.replace(row, data=_with(dict(row.data), path))

            def look(
                self: Catalog, kind: str, name: str, row: Row = row, other: Row = other
            ) -> Row | None:
                found = real(self, kind, name)
                same = found is not None and (found.file, found.key) == (row.file, row.key)
                return other if same else found

            monkeypatch.setattr(Catalog, "row", look)
            try:
                after = _build(env)
            except (LookupError, ValueError):
                continue  # a table that has no such entry
            if after.bundle is None:
                continue
            now = _values(after.bundle)
            name = ".".join((f"{row.file}#{row.key}", *path))
            for key in before.keys() & now.keys():
                if before[key] != now[key] and not _moved(after.bundle, key, before[key]):
                    moved.add(name)
                    if not any(name == n or name.startswith(f"{n}.") for n in named[key]):
                        unsaid.append(f"{name} -> {key}")
    monkeypatch.undo()
    assert not unsaid, "changed, and not said by the origin:\n" + "\n".join(unsaid[:30])
    assert len(moved) > 40
