"""What there is to say about a place, and where its value comes from or goes to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from stackgen.compiler import OUT, Compiled
from stackgen.errors import UsageError
from stackgen.manifest.document import Path, show_path
from stackgen.manifest.secret_values import to_show
from stackgen.origin import shown
from stackgen.provenance.impact import Hit, impact, spec_leaves_at
from stackgen.provenance.places import FilePlace
from stackgen.provenance.show import trace_text
from stackgen.provenance.trace import find as find_origin
from stackgen.record import record
from stackgen.report.field_text import UnknownFieldError, field_text, find
from stackgen.report.style import Style
from stackgen.spec.fields import shipped_schema

_PLAIN = Style(False, 80)


@record
class Target:
    """A place to go to: a file below the folder of the stack, and a 1-based line and column."""

    file: str
    line: int
    column: int


def about_spec(made: Sequence[Compiled], place: FilePlace) -> str:
    """The field at a place of the spec: its meaning, its value, and how much depends on it."""
    for one in made:
        path = _path(one, place)
        if path is None:
            continue
        try:
            lines = [field_text(find(shipped_schema(), show_path(path)), _PLAIN)]
        except UnknownFieldError:
            return ""
        for other in made:
            lines += _value(other, path)
        return "\n".join(lines)
    return ""


def about_rendered(made: Sequence[Compiled], file: str, line: int, column: int) -> str:
    """Why a rendered value is what it is, as `stackgen trace` says it."""
    for one in made:
        if one.bundle is not None and file.startswith(f"{OUT}/{one.env}/"):
            try:
                return trace_text(find_origin(one.bundle, FilePlace(file, line, column)))
            except UsageError:
                return ""
    return ""


def rendered_from(made: Sequence[Compiled], place: FilePlace) -> list[Target]:
    """The rendered places that depend on a place of the spec."""
    return [
        Target(hit.file, hit.line, hit.column)
        for one in made
        for hit in _hits(one, place)
        if hit.line
    ]


def spec_of(made: Sequence[Compiled], file: str, line: int, column: int) -> list[Target]:
    """The places of the spec that decide a rendered value."""
    for one in made:
        if one.bundle is not None and file.startswith(f"{OUT}/{one.env}/"):
            try:
                found = find_origin(one.bundle, FilePlace(file, line, column))
            except UsageError:
                return []
            leaves = [leaf for leaf in found.origin.leaves() if leaf.kind == "spec" and leaf.file]
            return list(dict.fromkeys(Target(x.file, x.line, x.column) for x in leaves))
    return []


def _path(one: Compiled, place: FilePlace) -> Path | None:
    """The deepest path of the merged spec at the place."""
    on_line = [
        (max(m.column for m in marks if m.column <= place.column), path)
        for path, node in {**one.loaded.nodes, **one.loaded.nulls}.items()
        if path and node.source.name == place.file
        for marks in [[m for m in (node.key_mark, node.mark) if m and m.line == place.line]]
        if any(m.column <= place.column for m in marks)
    ]
    return max(on_line, key=lambda x: (x[0], len(x[1])))[1] if on_line else None


def _value(one: Compiled, path: Path) -> Iterator[str]:
    node = one.loaded.nodes.get(path)
    if node is None or isinstance(node.value, (dict, list)):
        return
    value = "(secret)" if path in one.loaded.secrets else shown(to_show(node.value))
    depends = ""
    if one.bundle is not None:
        hits = [h for h in impact(one.bundle, [path]) if h.kind == "value"]
        depends = f"; {len(hits)} values in {len({h.file for h in hits})} files depend on it"
    yield f"{one.env}: {value} ({node.source.name}:{node.mark.line}){depends}"


def _hits(one: Compiled, place: FilePlace) -> Iterator[Hit]:
    if one.bundle is None:
        return
    try:
        paths = spec_leaves_at(one.loaded, place)
    except UsageError:
        return
    yield from impact(one.bundle, paths)


def below(root: str, path: str) -> str:
    """The path of a file below `root`, with slashes; empty when it is not below."""
    name = os.path.relpath(path, root).replace(os.sep, "/")
    return "" if name.startswith("../") else name
