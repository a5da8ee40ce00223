"""Reading data of which no shape is taken for granted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, cast

from stackgen.manifest.document import Path

T = TypeVar("T")
ANY_ITEM = "*"  # in a path: every item of a list or map


def as_dict(value: Any) -> dict[str, Any]:
    """The value when it is a map, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def copied(value: T) -> T:
    """A deep copy of maps and lists; `copy.deepcopy` takes five times as long for these."""
    result: Any = value
    if isinstance(value, dict):
        result = {key: copied(item) for key, item in value.items()}
    elif isinstance(value, list):
        result = [copied(item) for item in value]
    return cast(T, result)


def text(value: Any) -> str:
    """The value when it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def number(value: Any) -> int | None:
    """The value when it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def at(data: Any, *path: str | int) -> Any:
    """The value at `path`; None when a step is missing."""
    for step in path:
        if isinstance(data, dict) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def matches(data: Any, path: Path) -> list[tuple[Path, Any]]:
    """What stands at `path`, and where: once for every item of a list or map where it has a `*`."""
    for depth, step in enumerate(path):
        if step == ANY_ITEM:
            items = data.items() if isinstance(data, dict) else enumerate(as_list(data))
            before, rest = path[:depth], path[depth + 1 :]
            return [
                ((*before, i, *where), found)
                for i, item in items
                for where, found in matches(item, rest)
            ]
        if not isinstance(data, dict) or step not in data:
            return []
        data = data[str(step)]
    return [(path, data)]


def maps(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The maps of a list, each with its place."""
    for i, item in enumerate(as_list(value)):
        if isinstance(item, dict):
            yield i, item


def named(value: Any, name: str) -> tuple[int, dict[str, Any]] | None:
    """The item of a list with this `name`."""
    return next(((i, item) for i, item in maps(value) if item.get("name") == name), None)


def plain(value: str) -> bool:
    """The text is a value, not what a template engine, a shell or a reader has to fill in."""
    return not any(mark in value for mark in ("{{", "<", "$", "%("))


def texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a tree, with its path; keys are not texts."""
    found: list[tuple[Path, str]] = []
    _add_texts(value, path, found)
    return iter(found)


def _add_texts(value: Any, path: Path, found: list[tuple[Path, str]]) -> None:
    if isinstance(value, str):
        found.append((path, value))
    elif isinstance(value, dict):
        for key, item in value.items():
            _add_texts(item, (*path, str(key)), found)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _add_texts(item, (*path, i), found)
