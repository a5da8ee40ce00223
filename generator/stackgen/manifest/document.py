"""A parsed YAML document and where each of its keys and values stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from stackgen.record import record, slotted
from stackgen.regex import regex

if TYPE_CHECKING:
    from stackgen.manifest.yaml_marks import Places

Path = tuple[str | int, ...]
# What libyaml counts as the end of a line.
LINE_BREAK = regex("\r\n|[\r\n\x85\u2028\u2029]")
MAX_TEXTS = 4096  # that are kept in parts
_SEPARATOR = regex(r"^---(?=\s|\Z)", re.MULTILINE)
_PLAIN_KEY = regex(r"[\w-]+")
_DIRECTIVE = regex(r"^%", re.MULTILINE)


@slotted
class Mark:
    """A span of text: 1-based line and columns, `end_column` exclusive, on that one line."""

    line: int
    column: int
    end_column: int


@record
class YamlProblem:
    """Something the YAML itself does wrong; `rule` is the id of the rule that reports it.

    other, note: a second place that belongs to it, and what is there. remedy: what to do, where
    that is known.
    """

    rule: str
    message: str
    mark: Mark
    other: Mark | None = None
    fatal: bool = False
    note: str = "the first"
    remedy: str = ""


@record
class Marks:
    """Where every key and value of one document stands, by path."""

    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)

    def at(self, path: Path, key: bool = False) -> Mark | None:
        """The mark of `path`, or of the nearest parent that has one."""
        table = self.keys if key else self.values
        while path:
            mark = table.get(path) or self.values.get(path)
            if mark is not None:
                return mark
            path = path[:-1]
        return self.values.get(())


@record
class Source:
    """A text that was read: `name` is what the user calls it."""

    name: str
    text: str


@record
class Document:
    """One document of a YAML stream. `data` is plain Python; positions come on demand.

    secrets: whether a value in it may be secret. given: the positions, for what is not YAML.
    places: the positions of a document that is a part of its text by itself and is plain.
    """

    source: Source
    index: int
    line: int
    data: Any
    problems: tuple[YamlProblem, ...] = ()
    secrets: bool = True
    given: Marks | None = None
    places: Places | None = None

    @cached_property
    def secret_parts(self) -> tuple[str, ...]:
        """The secrets in `data`, as `secret_values.parts_of` has them."""
        from stackgen.manifest import secret_values

        return secret_values.parts_of(self.data) if self.secrets else ()

    def marks(self) -> Marks:
        """Positions of every key and value (parsed again on first use, then kept)."""
        if self.given is not None:
            return self.given
        from stackgen.manifest import positions

        return positions.marks_of(self)

    def mark(self, path: Path, key: bool = False) -> Mark | None:
        """Where `path` stands, or its nearest parent."""
        if self.given is not None:
            return self.given.at(path, key)
        from stackgen.manifest import positions

        return positions.mark_at(self, path, key)


class Parts:
    """A text cut before each line `---`: to look at a few documents, the others are not read.

    before: how many lines are before each part. A text with a directive is one part.
    """

    def __init__(self, text: str) -> None:
        cuts = [] if _DIRECTIVE.search(text) else [m.start() for m in _SEPARATOR.finditer(text)]
        starts = [0, *(cut for cut in cuts if cut)]
        ends = [*starts[1:], len(text)]
        self.texts = [text[start:end] for start, end in zip(starts, ends, strict=True)]
        self.before = [0]
        for part in self.texts[:-1]:
            self.before.append(self.before[-1] + len(LINE_BREAK.findall(part)))

    def at(self, line: int) -> int:
        """The number of the part with this line, from 1."""
        return max(bisect_right(self.before, line - 1) - 1, 0)


@lru_cache(maxsize=MAX_TEXTS)
def parts_of(source: Source) -> Parts:
    """The parts of a text: findings go back and forth between the files of a run."""
    return Parts(source.text)


def located(data: Any, steps: Iterable[str | int]) -> tuple[Path, Any]:
    """The path and the value that a validator means by `steps`.

    jsonschema_rs takes a key such as "8080" for an index, and leaves out a key that is empty. Where
    that leaves two meanings, the one without an empty key is taken; where it leaves none, the
    nearest value above.
    """
    path: list[str | int] = []
    for step in steps:
        while isinstance(data, dict) and str(step) not in data and "" in data:
            path.append("")
            data = data[""]
        key = str(step) if isinstance(data, dict) else step
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            break
        path.append(key)
    return tuple(path), data


@lru_cache(maxsize=4096)  # equal objects have equal paths
def show_path(path: Path) -> str:
    """A path as people write it: `spec.containers[0].name`, odd keys in brackets."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            out += f".{part}" if out else part
        else:
            quoted = '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
            out += f"[{quoted}]"
    return out or "."
