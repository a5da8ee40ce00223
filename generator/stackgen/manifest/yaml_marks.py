"""One document by libyaml's events: its data, and positions in it as numbers.

`yaml_in` reads the same events in a general way, which takes several times as long, above all with
positions. What it reads in a way of its own is not read here: anchors, tags, merge keys, keys that
are no texts, and keys that occur twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from stackgen.manifest.document import Mark, Path
from stackgen.manifest.json_in import MAX_DEPTH
from stackgen.manifest.scalars import NotFiniteError, as_kubectl
from stackgen.regex import regex

MAX_VALUES = 3_000_000  # keys and values, in a file
_TEXT = regex(r"[A-Za-z_][\w./-]*")
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
# Where a node starts is a number: its line and its column.
_LINE = 1 << 32


class TooManyError(Exception):
    """The document has more keys and values than are read."""


class Places:
    """As `Marks.at`, for data that was read here, by a number for each key and value from the
    outside in. starts: where it starts. sizes: its width on one line, or how many are in it.

    before: the lines before the text.
    """

    __slots__ = ("_before", "_data", "_inside", "_sizes", "_starts")

    def __init__(self, data: Any, starts: array[int], sizes: array[int], before: int) -> None:
        self._data = data
        self._starts = starts
        self._sizes = sizes
        self._before = before
        self._inside: dict[int, dict[str | int, int]] = {}

    def __len__(self) -> int:
        """How many keys and values there are."""
        return len(self._starts)

    def at(self, path: Path, key: bool = False) -> Mark | None:
        """The mark of `path`, or of the nearest parent that has one."""
        here, number, above = self._data, 0, None
        for step in path:
            inside = self._numbers(number, here) if type(here) in (dict, list) else {}
            if type(step) is not (str if type(here) is dict else int) or step not in inside:
                break
            number = inside[step]
            above = number - 1 if type(here) is dict else None
            here = here[step]
        if key and above is not None:
            return self._mark(above, None)
        return self._mark(number, here)

    def _numbers(self, number: int, data: Any) -> dict[str | int, int]:
        """The numbers of the values in a mapping or a list."""
        found = self._inside.get(number)
        if found is None:
            found = self._inside[number] = {}
            is_map = type(data) is dict
            after = number + 1
            for step, value in data.items() if is_map else enumerate(data):
                after += is_map  # the key
                found[step] = after
                inside = type(value) in (dict, list)
                after += self._sizes[after] if inside else 1
        return found

    def _mark(self, number: int, value: Any) -> Mark:
        line, column = divmod(self._starts[number], _LINE)
        width = 1 if type(value) in (dict, list) else max(self._sizes[number], 1)
        return Mark(self._before + line + 1, column + 1, column + 1 + width)


Plain: TypeAlias = tuple[Any, int, Places]


def plain_document(text: str, before: int = 0, most: int = MAX_VALUES) -> Plain | None:
    """Of a text that is one document its data, the lines before it, and the positions in it.

    None where it is read in another way. most: how many keys and values are read. Raises
    TooManyError.
    """
    try:
        parser = CParser(text)
        try:
            return _read(parser.get_event, before, most)
        finally:
            parser.dispose()
    except (yaml.YAMLError, UnicodeEncodeError, NotFiniteError):
        return None


def _read(  # noqa: PLR0915 - a call for each event takes as long as the event
    event_of: Callable[[], Any], before: int, most: int
) -> Plain | None:
    event_of()
    begin = event_of()
    if type(begin) is not yaml.DocumentStartEvent or begin.version or begin.tags:
        return None
    starts, sizes = array("Q"), array("I")
    start, size = starts.append, sizes.append
    above: list[tuple[Any, bool, int]] = []  # what is open, and the number of what is in it
    here: Any = None
    key: str | None = None
    in_map = False
    while len(starts) <= most:
        event = event_of()
        kind, mark = type(event), event.start_mark
        if kind is yaml.ScalarEvent:
            if event.tag is not None or event.anchor is not None:
                return None
            line, column, end = mark.line, mark.column, event.end_mark
            start(line * _LINE + column)
            size(end.column - column if end.line == line else 1)
            value = event.value
            if in_map and key is None:
                if not _is_text(value) or value in here:
                    return None
                key = value
                continue
            if not event.style:
                value = as_kubectl(value)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            other = event.tag is not None or event.anchor is not None
            if other or (in_map and key is None) or len(above) >= MAX_DEPTH:
                return None
            value = {} if kind is yaml.MappingStartEvent else []
            if in_map:
                here[key] = value
            elif above:
                here.append(value)
            above.append((here, in_map, len(starts)))
            start(mark.line * _LINE + mark.column)
            size(0)
            here, in_map, key = value, kind is yaml.MappingStartEvent, None
            continue
        elif kind is yaml.AliasEvent:
            return None
        else:  # the end of one of them
            value = here
            here, in_map, number = above.pop()
            sizes[number] = len(starts) - number
            if above:
                key = None
                continue
            break
        if in_map:
            here[key], key = value, None
        elif above:
            here.append(value)
        else:
            break
    else:
        raise TooManyError
    event_of()
    if type(event_of()) is not yaml.StreamEndEvent:
        return None
    return value, starts[0] // _LINE, Places(value, starts, sizes, before)


@lru_cache(maxsize=4096)  # objects have the same few fields
def _is_text(key: str) -> bool:
    return bool(_TEXT.fullmatch(key)) and key.lower() not in _NOT_TEXT
