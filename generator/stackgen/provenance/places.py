"""Places as users write them: `FILE:LINE[:COL]`, `KIND/NAME:path` and spec paths."""

from __future__ import annotations

from stackgen.digits import to_int
from stackgen.errors import UsageError
from stackgen.manifest.document import Mark, Marks, Path
from stackgen.record import record
from stackgen.regex import regex

_FILE = regex(r"(?P<file>.+?):(?P<line>[0-9]+)(?::(?P<column>[0-9]+))?\Z")
_OBJECT = regex(
    r"(?P<kind>[A-Za-z]+)/(?:(?P<namespace>[^/:]+)/)?(?P<name>[^/:]+)(?::(?P<path>.+))?\Z"
)
_STEP = regex(r'\.?([A-Za-z0-9_-]+)|\[([0-9]+)\]|\["((?:[^"\\]|\\.)*)"\]')


@record
class FilePlace:
    """A line of a file, 1-based; column 0 stands for the whole line."""

    file: str
    line: int
    column: int = 0


@record
class ObjectPlace:
    """A path in an object; namespace is empty where none was given."""

    kind: str
    namespace: str
    name: str
    path: Path


def file_place(text: str) -> FilePlace | None:
    """`FILE:LINE` or `FILE:LINE:COL`; None when `text` is not of that form."""
    found = _FILE.match(text)
    if not found:
        return None
    file = found["file"].removeprefix("./")
    return FilePlace(file, to_int(found["line"]), to_int(found["column"] or "0"))


def object_place(text: str) -> ObjectPlace | None:
    """`KIND/NAME:path` or `KIND/NAMESPACE/NAME:path`; None when `text` is not of that form."""
    found = _OBJECT.match(text)
    if not found:
        return None
    path = parse_path(found["path"]) if found["path"] else ()
    return ObjectPlace(found["kind"], found["namespace"] or "", found["name"], path)


def parse_path(text: str) -> Path:
    """`spec.containers[0].args` as a path. Raises UsageError when it is none."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if not found or found.end() == at:
            raise UsageError(f"{text!r} is not a path such as spec.serving.models[0].name")
        word, index, quoted = found.groups()
        if index is not None:
            steps.append(to_int(index))
        elif quoted is not None:
            steps.append(quoted.replace('\\"', '"').replace("\\\\", "\\"))
        else:
            steps.append(word)
        at = found.end()
    return tuple(steps)


def path_at(marks: Marks, line: int, column: int) -> Path:
    """The deepest path that stands at a line, and at the column when one is given.

    A line inside a block of text belongs to the value that begins above it.
    """
    starts: list[tuple[Mark, Path, bool]] = [(m, p, True) for p, m in marks.keys.items()]
    starts += [(m, p, False) for p, m in marks.values.items() if p]
    here = [s for s in starts if s[0].line == line]
    if not here:
        above = [s for s in starts if s[0].line < line]
        if not above:
            return ()
        last = max(s[0].line for s in above)
        here = [s for s in above if s[0].line == last]
    if column:
        before = [s for s in here if s[0].column <= column]
        here = before or here
        return max(here, key=lambda s: (s[0].column, not s[2], len(s[1])))[1]
    # The whole line: what its first key says; for `- a: 1` the item's first key.
    first = min(here, key=lambda s: (s[0].column, -len(s[1])))
    return first[1]
