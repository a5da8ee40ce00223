"""The checks of an object of which some values could not be decoded."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.problem import Problem

# What is wrong with one value, whatever the others are. Other rules compare values.
_OF_ONE_VALUE = frozenset(
    f"schema-{word}"
    for word in ("enum", "format", "label", "length", "missing-field", "name", "quantity", "range")
)


def without(decoded: Any, paths: Iterable[Path]) -> Any:
    """A copy without the values at `paths`; of a list of scalars, without the whole list."""
    copy = deepcopy(decoded)
    for path in paths:
        parents: list[Any] = [copy]
        for step in path[:-1]:
            here = parents[-1]
            inside = isinstance(here, dict) or (isinstance(here, list) and step in range(len(here)))
            parents.append(
                (here.get(step) if isinstance(here, dict) else here[step]) if inside else None
            )
        if path and isinstance(parents[-1], dict):
            parents[-1].pop(path[-1], None)
        elif len(path) > 1 and isinstance(parents[-2], dict) and not _is_object(parents[-1], path):
            parents[-2].pop(path[-2], None)
    return copy


def _is_object(items: Any, path: Path) -> bool:
    return isinstance(items, list) and any(isinstance(item, dict) for item in items)


def apart(found: Iterable[Problem], wrong: list[Problem]) -> list[Problem]:
    """Those of `found` that do not follow from what is wrong already."""
    return [
        one
        for one in found
        if one.rule in _OF_ONE_VALUE and not any(_follows(one, other) for other in wrong)
    ]


def _follows(one: Problem, other: Problem) -> bool:
    """Whether a value at or below the other one is meant, or an object around it.

    What is missing beside an unknown field, or below its object, is perhaps what the field means.
    """
    short = min(len(one.path), len(other.path))
    if one.path[:short] == other.path[:short]:
        return True
    moved = (one.rule, other.rule) == ("schema-missing-field", "schema-unknown-field")
    parent = other.path[:-1]
    return moved and one.path[: len(parent)] == parent
