"""What follows from a spec line: every rendered line that depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.document import Path, show_path
from stackgen.manifest.resource import Bundle
from stackgen.manifest.secret_values import to_show, value_at
from stackgen.origin import shown
from stackgen.provenance.places import FilePlace
from stackgen.record import record
from stackgen.spec.load import Loaded, Node


@record
class Hit:
    """A rendered value that depends on the spec value.

    kind: `value` (it is there), `absent` (it would be there under another value), `file` (the
    whole file would). line, column: 0 for what does not exist.
    """

    kind: str
    file: str
    line: int
    column: int
    path: str
    value: str


def spec_leaves_at(loaded: Loaded, place: FilePlace) -> list[Path]:
    """The spec paths whose keys or values stand on a line. Raises UsageError for an empty line."""
    names = [s.name for s in loaded.sources]
    if place.file not in names:
        raise UsageError(
            f"{place.file} is not a part of this environment; there is {', '.join(names)}"
        )
    everything = {**loaded.nodes, **loaded.nulls}
    on_line = [
        (path, node)
        for path, node in everything.items()
        if path and node.source.name == place.file and _is_on(node, place)
    ]
    if not on_line:
        raise UsageError(
            f"{place.file}:{place.line} decides nothing: no value of the merged spec stands there"
        )
    leaves = {
        path: None
        for top, _ in on_line
        for path, node in everything.items()
        if path[: len(top)] == top and not isinstance(node.value, (dict, list))
    }
    return list(leaves)


def _is_on(node: Node, place: FilePlace) -> bool:
    marks = [node.key_mark]
    # A block begins on the line of its first key, which answers for itself.
    if not isinstance(node.value, (dict, list)) or node.key_mark is None:
        marks.append(node.mark)
    for mark in marks:
        if mark is None or mark.line != place.line:
            continue
        if not place.column or mark.column <= place.column < mark.end_column:
            return True
    return False


def impact(bundle: Bundle, paths: list[Path]) -> Iterator[Hit]:
    """Everything that depends on the spec values at `paths` or below, in order of the files."""

    def depends(found: frozenset[Path]) -> bool:
        return any(p[: len(w)] == w for p in found for w in paths)

    for resource in bundle.resources:
        data: Any = None
        for path, origin in resource.origins.items():
            if depends(origin.spec_paths()):
                data = to_show(resource.data) if data is None else data
                mark = resource.mark(path)
                line, column = (mark.line, mark.column) if mark else (0, 0)
                value = shown(value_at(data, path))
                yield Hit("value", resource.file, line, column, show_path(path), value)
        for path, origin in resource.absent.items():
            if depends(origin.spec_paths()):
                yield Hit("absent", resource.file, 0, 0, show_path(path), "")
    for file, origin in bundle.absent.items():
        if depends(origin.spec_paths()):
            yield Hit("file", file, 0, 0, "", "")
