"""Where the keys and values of documents stand: read once more when a finding asks for it."""

from __future__ import annotations

from functools import lru_cache

from stackgen.manifest import json_in
from stackgen.manifest.document import MAX_TEXTS, Document, Mark, Marks, Path, Source, parts_of
from stackgen.manifest.yaml_in import Builder, Dialect, kept_marks
from stackgen.manifest.yaml_marks import Places, TooManyError, plain_document


@lru_cache(maxsize=MAX_TEXTS)
def recorded(source: Source) -> list[Marks]:
    """The positions in each document of a text."""
    kept = kept_marks(source)
    if kept is not None:
        return kept
    builder = Builder(source, Dialect.KUBECTL, record=True)
    builder.run()
    return builder.recorded


def mark_at(document: Document, path: Path, key: bool) -> Mark | None:
    """As `Marks.at` of `document`, without all other marks where that is possible."""
    if document.places is not None:
        return document.places.at(path, key)
    source = document.source
    if kept_marks(source) is None and not document.problems:
        parts, (_, places) = parts_of(source), _of_parts(source)
        part = parts.at(document.line)
        if part not in places:
            json = json_in.looks_like_json(source.text)
            places[part] = None if json else _places(parts.texts[part], parts.before[part])
        found = places[part]
        if found is not None:
            return found.at(path, key)
    return document.marks().at(path, key)


def _places(text: str, before: int) -> Places | None:
    try:
        found = plain_document(text, before)
    except TooManyError:
        return None
    return found[2] if found is not None else None


def marks_of(document: Document) -> Marks:
    """The positions in `document`; the part with it is read once more and the result kept."""
    source, line = document.source, document.line
    parts, (known, _) = parts_of(source), _of_parts(source)
    if (
        len(parts.texts) > 1
        and kept_marks(source) is None
        and not json_in.looks_like_json(source.text)
    ):
        part = parts.at(line)
        if part not in known:
            builder = Builder(source, Dialect.KUBECTL, record=True)
            builder.read_part(parts.texts[part], parts.before[part])
            lines = (one.line for one in builder.documents)
            known[part] = dict(zip(lines, builder.recorded, strict=True))
        if line in known[part]:
            return known[part][line]
    found = recorded(source)
    return found[document.index] if document.index < len(found) else Marks()


@lru_cache(maxsize=MAX_TEXTS)
def _of_parts(_: Source) -> tuple[dict[int, dict[int, Marks]], dict[int, Places | None]]:
    """Of the parts of a text that were asked for: the positions, by the line of the document, or
    as numbers.
    """
    return {}, {}
