"""From places to locations: which lines a finding points at.

A value we rendered is led back, through its origin, to the spec lines that caused it; the
rendered line comes along. A foreign manifest is its own source.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from stackgen.findings.model import Finding, Location, ObjectRef, Place, Role
from stackgen.manifest.document import (
    LINE_BREAK,
    MAX_TEXTS,
    Document,
    Mark,
    Marks,
    Path,
    Source,
    parts_of,
    show_path,
)
from stackgen.manifest.resource import Resource
from stackgen.manifest.secret_text import masked
from stackgen.origin import Origin
from stackgen.reading import MAX_SPEC
from stackgen.record import record
from stackgen.redact import look, memory, redact

_ROLES: tuple[Role, ...] = ("primary", "secondary", "rendered")
_MANY = 2**14  # parts of a text; to look at more would let go of the messages
MAX_INPUTS = 3  # further spec lines named for one value; `stackgen trace` shows all


@record
class Texts:
    """The texts excerpts are taken from, by the name the user calls them."""

    sources: Mapping[str, Source]

    @staticmethod
    def of(sources: Iterable[Source]) -> Texts:
        return Texts({source.name: source for source in sources})

    def line(self, file: str, number: int) -> str:
        """The text of line `number` of `file`, empty when it is not known."""
        source = self.sources.get(file)
        return _line(source, number) if source is not None else ""

    def end(self, file: str, line: int, column: int) -> int:
        """Where the key or value that starts at `line:column` ends on that line."""
        source = self.sources.get(file)
        return _ends(source).get((line, column), 0) if source is not None else 0


def locate(finding: Finding, texts: Texts) -> tuple[Location, ...]:
    """The locations of `finding`: primary, secondary, then rendered ones; each line once.

    Further spec lines that made the value are named unless the rule names other places itself.
    """
    found: list[Location] = []
    inputs = MAX_INPUTS if len(finding.places) == 1 else 0
    for number, place in enumerate(finding.places):
        role: Role = "secondary" if found or number else "primary"
        found.extend(_of_place(place, role, texts, inputs))
    if len(found) < 2:
        return tuple(found)
    return tuple(sorted(_distinct(found), key=lambda x: _ROLES.index(x.role)))


def show_file(name: str) -> str:
    """A file as reports name it: with slashes, relative to the working directory if below it."""
    return _shown_file(name, os.getcwd() if os.path.isabs(name) else "")


@lru_cache(maxsize=MAX_TEXTS)
def _shown_file(name: str, here: str) -> str:
    if here:
        relative = os.path.relpath(name, here)
        name = name if relative.startswith("..") else relative
    return name.replace(os.sep, "/") if os.sep != "/" else name


def object_of(resource: Resource) -> ObjectRef:
    """What a report calls the object."""
    return ObjectRef(resource.kind, resource.namespace, resource.name, resource.group)


def _path_of(path: Path) -> str:
    """A path as reports name it; a key may be a credential as well as a value.

    A key of letters alone is a name: a field of the API, which a secret may be equal to.
    """
    return _shown_path(path, memory()) if path else ""


@lru_cache(maxsize=4096)  # equal objects have equal paths
def _shown_path(path: Path, _: int) -> str:
    return show_path(tuple(s if isinstance(s, int) or s.isalpha() else redact(s) for s in path))


def _of_place(place: Place, role: Role, texts: Texts, inputs: int) -> list[Location]:
    if place.resource is None:
        return _of_text(place, role)
    if place.resource.document is not None:
        return _as_written(place, _in_resource(place, role))
    causes = _causes(place, role, texts, inputs)
    if place.field is not None:
        about = object_of(place.resource)
        causes = [replace(one, object=about) for one in _of_text(place.field, role)]
    if not place.resource.file:
        return causes
    rendered = _in_resource(place, role)
    if not causes:
        return [rendered]
    return [*causes, replace(rendered, role="rendered")]


def _as_written(place: Place, rendered: Location) -> list[Location]:
    """The place in a foreign manifest; for rendered ones, first of all in what was rendered."""
    resource = place.resource
    written = resource.written if resource is not None else None
    if resource is None or written is None:
        return [rendered]
    if written.at is not None:
        return [_in_template(rendered, written.at(rendered.line))]
    source = written.resource
    if source is None or (place.path and source.get(*place.path) != resource.get(*place.path)):
        file = show_file(written.file)
        return [rendered, Location("secondary", file, note=written.note)]
    found = _in_resource(replace(place, resource=source), rendered.role)
    return [replace(found, object=rendered.object), replace(rendered, role="rendered")]


def _in_template(rendered: Location, made_by: tuple[Source, int] | None) -> Location:
    """The place in the template that made a line; all of its line where the two differ."""
    if made_by is None:
        return rendered
    source, number = made_by
    text = _line(source, number)
    moved = replace(rendered, file=show_file(source.name), line=number, excerpt=text)
    if text == rendered.excerpt:
        return moved
    first = len(text) - len(text.lstrip()) + 1
    return replace(moved, column=first, end_column=max(len(text.rstrip()), first) + 1)


def _of_text(place: Place, role: Role) -> list[Location]:
    if not place.file:
        return []
    file = show_file(place.file)
    path = _path_of(place.path)
    if place.mark is None:
        return [Location(role, file, path=path, note=place.note)]
    source = Source(place.file, place.text)
    found = Location(role, file, path=path, note=place.note)
    mark = place.mark
    if mark.end_column == mark.column + 1:
        # A block mapping begins with its first key: underline all of that.
        small = len(source.text) <= MAX_SPEC  # all positions of a text are large
        end = _ends(source).get((mark.line, mark.column), 0) if small else 0
        mark = replace(mark, end_column=max(mark.end_column, end))
    return [_marked(found, mark, _line(source, mark.line))]


def _marked(location: Location, mark: Mark, excerpt: str) -> Location:
    line, column, end = mark.line, mark.column, mark.end_column
    return replace(location, line=line, column=column, end_column=end, excerpt=excerpt)


def _in_resource(place: Place, role: Role) -> Location:
    resource = place.resource
    assert resource is not None
    file = show_file(resource.file)
    path = _path_of(place.path)
    about = resource.once(object_of)
    mark = _mark(resource, place.path, place.key)
    if mark is None:
        return Location(role, file, path=path, object=about, note=place.note)
    document = resource.rendered
    line = _line(document.source, mark.line, document)
    where = (mark.line, mark.column, mark.end_column)
    return Location(role, file, *where, path, about, place.note, line)


def _mark(resource: Resource, path: Path, key: bool) -> Mark | None:
    """What to underline: a scalar itself, a map or list by its key, an object by its name.

    For a path that does not exist, the same for its nearest parent.
    """
    path = _existing(resource, path)
    if not path:
        path = ("metadata", "name") if resource.name else ()
    value = resource.get(*path)
    if key or (isinstance(value, (dict, list)) and path and isinstance(path[-1], str)):
        return resource.mark(path, key=True)
    if isinstance(value, dict) and value:
        first = next(iter(value))  # a list item is underlined at its first key
        return resource.mark((*path, first), key=True)
    return resource.mark(path)


def _existing(resource: Resource, path: Path) -> Path:
    here: Any = resource.data
    for depth, step in enumerate(path):
        inside = isinstance(here, dict) and step in here
        if not inside and not (
            isinstance(here, list) and isinstance(step, int) and step < len(here)
        ):
            return path[:depth]
        here = here[step]
    return path


def _causes(place: Place, role: Role, texts: Texts, inputs: int) -> list[Location]:
    """The spec lines behind a rendered value: the one that says most about it, then others."""
    resource = place.resource
    assert resource is not None
    own, note = _spec_lines(resource, place.path), place.note
    if not own:
        nearest = _nearest_line(resource, place.path)
        if nearest is None:
            return []
        own = [nearest]
    ref = object_of(resource)
    found = [_in_spec(own[0], role, note, ref, texts)]
    for origin in own[1 : 1 + inputs]:
        found.append(_in_spec(origin, "secondary", "also decides it", ref, texts))
    return found


def _in_spec(origin: Origin, role: Role, note: str, ref: ObjectRef, texts: Texts) -> Location:
    file, line, column = origin.file, origin.line, origin.column
    end = max(texts.end(file, line, column), column + 1)
    found = Location(role, show_file(file), path=_path_of(origin.path), object=ref, note=note)
    return _marked(found, Mark(line, column, end), texts.line(file, line))


def _spec_lines(resource: Resource, path: Path) -> list[Origin]:
    """The spec lines the value at `path` was made of, the most specific (deepest) first."""
    origin = resource.absent.get(path) or resource.origin(path)
    if origin is None:
        return []
    written = _written(_own(origin)) or _written(origin)
    if len(written) > 1:
        written.sort(key=lambda o: -len(o.path))
    return written


def _written(origin: Origin) -> list[Origin]:
    lines: dict[tuple[str, int, int], Origin] = {}
    for leaf in origin.leaves():
        if leaf.kind == "spec" and leaf.line:
            lines.setdefault((leaf.file, leaf.line, leaf.column), leaf)
    return list(lines.values())


def _own(origin: Origin) -> Origin:
    """The origin without the conditions under which the value is there at all."""
    while origin.kind == "computed" and len(origin.inputs) > 1:
        first = origin.inputs[0]
        if (first.name, first.why) != (origin.name, origin.why):
            break
        origin = first
    return origin


def _nearest_line(resource: Resource, path: Path) -> Origin | None:
    """For a default or a value that a layer decides: the spec line nearest to its cause.

    That is the line sharing the longest spec path with a field left at its default, else the
    line that names the object, else none.
    """
    origin = resource.absent.get(path) or resource.origin(path)
    defaults = [leaf.path for leaf in origin.leaves() if leaf.kind == "default"] if origin else []
    best: tuple[int, Origin] | None = None
    for wanted in defaults:
        for candidate in resource.origins.values():
            for leaf in _written(candidate):
                shared = _shared(wanted, leaf.path)
                if shared > 1 and (best is None or shared > best[0]):
                    best = (shared, leaf)
    if best is not None:
        return best[1]
    for anchor in (("metadata", "name"), ("metadata", "namespace")):
        named = resource.origins.get(anchor)
        lines = _written(named) if named is not None else []
        if lines:
            return lines[0]
    return None


def _shared(left: Path, right: Path) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _distinct(locations: list[Location]) -> list[Location]:
    seen: set[tuple[str, int, int]] = set()
    kept = []
    for location in locations:
        key = (location.file, location.line, location.column)
        if key not in seen:
            seen.add(key)
            kept.append(location)
    return kept


@lru_cache(maxsize=MAX_TEXTS)
def _shown_parts(_: Source) -> dict[int, list[str]]:
    """The lines, without secrets, of the parts of a text that were asked for."""
    return {}


def _line(source: Source, number: int, document: Document | None = None) -> str:
    """A line without secrets. document: the one that it is in, where that is known."""
    parts, known = parts_of(source), _shown_parts(source)
    part = parts.at(number)
    if not known and len(parts.texts) <= _MANY:
        look(parts.texts)
    if part not in known:
        # A document as a whole: of a key of several lines, one alone looks like nothing.
        text = parts.texts[part]
        # One that is a part by itself was looked through when it was read.
        if document is None or document.places is None or document.secret_parts:
            text = masked(text)
        known[part] = LINE_BREAK.split(redact(text))
    lines, number = known[part], number - parts.before[part]
    return lines[number - 1] if 0 < number <= len(lines) else ""


@lru_cache(maxsize=MAX_TEXTS)
def _ends(source: Source) -> dict[tuple[int, int], int]:
    from stackgen.manifest.yaml_in import Dialect, parse

    ends: dict[tuple[int, int], int] = {}
    for document in parse(source.text, source.name, Dialect.SPEC, record=True):
        marks: Marks = document.marks()
        for table in (marks.keys, marks.values):
            for mark in table.values():
                start = (mark.line, mark.column)
                ends[start] = max(mark.end_column, ends.get(start, 0))
    return ends
