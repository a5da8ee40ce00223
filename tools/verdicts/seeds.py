"""The seeds: objects of our own, and what is changed in them, one change at a time.

`objects/*.yaml` holds valid objects. `changes.yaml` names changes that matter for one object;
`systematic` derives the others: every category of fault at every place. A seed is told by its id,
`Kind/name: change`. None says whether it is accepted: that is what the record is for.
"""

from __future__ import annotations

import copy
import glob
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
SHARE = 4  # of the systematic changes, one in this many is a seed
Path = tuple[str | int, ...]
DROP = object()


@dataclass(frozen=True)
class Seed:
    """One request. changed: where it differs from the valid object."""

    id: str
    manifest: dict[str, Any]
    changed: Path = ()


def objects() -> dict[str, dict[str, Any]]:
    """The valid objects, by `Kind/name`, in order of the files."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(glob.glob(os.path.join(HERE, "objects", "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            for data in yaml.safe_load_all(file):
                version = data["apiVersion"].rpartition("/")[2]
                found[f"{data['kind']}.{version}/{data['metadata']['name']}"] = data
    return found


def seeds() -> Iterator[Seed]:
    """All seeds, in the same order every time."""
    with open(os.path.join(HERE, "changes.yaml"), encoding="utf-8") as file:
        chosen: dict[str, list[dict[str, Any]]] = yaml.safe_load(file)
    for name, base in objects().items():
        yield Seed(name, base)
        for change in chosen.get(name, ()):
            manifest, paths = copy.deepcopy(base), []
            for dotted, value in change.items():
                path = read_path(dotted, base)
                paths.append(path)
                manifest = changed(manifest, path, DROP if value == "DROP" else value)
            yield Seed(f"{name}: {_told(change)}", manifest, paths[0])
        told_already = {_told(change) for change in chosen.get(name, ())}
        for path, value in systematic(base):
            what = "DROP" if value is DROP else value
            told = _told({show_path(path): what})
            if told in told_already:
                continue
            told = f"{name}: {told}"
            if zlib.crc32(told.encode()) % SHARE == 0:
                yield Seed(told, changed(base, path, value), path)


def _told(change: dict[str, Any]) -> str:
    return ", ".join(f"{path} = {_short(value)}" for path, value in change.items())


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= 40 else f"{text[:24]}~{zlib.crc32(text.encode()):08x}"


def show_path(path: Path) -> str:
    """A path as ids write it: steps with a slash between them."""
    return "/".join(str(step) for step in path)


def read_path(text: str, data: Any) -> Path:
    """The path that `text` writes; digits are an index where `data` has a list."""
    steps: list[str | int] = []
    for step in text.split("/"):
        steps.append(int(step) if isinstance(data, list) else step)
        try:
            data = data[steps[-1]]
        except (KeyError, IndexError, TypeError):
            data = None
    return tuple(steps)


def changed(data: Any, path: Path, value: Any) -> Any:
    """A copy of `data` with `value` at `path`; DROP takes away what is there."""
    if not path:
        return copy.deepcopy(value)
    out = copy.copy(data) if data is not None else {}
    step, rest = path[0], path[1:]
    if isinstance(out, list):
        index = int(step)
        if rest or value is not DROP:
            inner = out[index] if index < len(out) else None
            out[index : index + 1] = [changed(inner, rest, value)]
        else:
            del out[index]
    elif rest:
        out[step] = changed(out.get(step), rest, value)
    elif value is DROP:
        out.pop(step, None)
    else:
        out[step] = copy.deepcopy(value)
    return out


def places(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value inside `data` with its path."""
    if path:
        yield path, data
    if isinstance(data, dict):
        for name, item in data.items():
            yield from places(item, (*path, name))
    elif isinstance(data, list):
        for i, item in enumerate(data):
            yield from places(item, (*path, i))


# Which server a kind and an object go to is no property of the schema.
_FIXED = (("apiVersion",), ("kind",), ("metadata", "namespace"))


def systematic(base: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """One change a time: absent, null, another type, unknown, twice, empty, out of bounds."""
    for path, value in places(base):
        if path in _FIXED:
            continue
        yield path, DROP
        yield path, None
        for other in others(value):
            yield path, other
        if isinstance(value, dict):
            yield (*path, "unknownField"), 1
        if isinstance(value, list) and value:
            yield path, [*value, value[0]]


def others(value: Any) -> tuple[Any, ...]:
    """Values to put in the place of `value`: of other types, empty, long, out of bounds."""
    if isinstance(value, bool):
        return (not value, "true", 1)
    if isinstance(value, (int, float)):
        return (-1, 0, 1, 70000, 2**31, 2.5, str(value), True, [value])
    if isinstance(value, str):
        return ("", "Not Valid!", "x" * 64, "a" * 254, "other", 7, True, [value], {"a": value})
    if isinstance(value, list):
        return ([], {}, "text", [None], [{}], [7])
    return ({}, [], "text", 7)
