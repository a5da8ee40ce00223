"""YAML in: libyaml's events, built into plain data with a position for every key and value.

Reads as kubectl does (`Dialect.KUBECTL`), or strictly for the spec (`Dialect.SPEC`). Never
raises for bad input: what is wrong comes back as `YamlProblem`s.
"""

from __future__ import annotations

import binascii
import enum
import math
from dataclasses import replace
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from stackgen.manifest import json_in, secret_values
from stackgen.manifest.document import (
    MAX_TEXTS,
    Document,
    Mark,
    Marks,
    Path,
    Source,
    YamlProblem,
    parts_of,
)
from stackgen.manifest.scalars import NotFiniteError, ambiguity, as_kubectl, remedy
from stackgen.manifest.yaml_errors import (
    IGNORED_TAG,
    TEMPLATE,
    is_template,
    stopped,
    syntax_problem,
    too_deep,
)
from stackgen.manifest.yaml_marks import MAX_VALUES, TooManyError, plain_document

MAX_ALIASED_NODES = 50_000  # in a document
MAX_ALIASED_IN_FILE = 10 * MAX_ALIASED_NODES
TOO_MANY = f"the file has over {MAX_VALUES:,} keys and values"
TOO_DEEP = f"nested deeper than {json_in.MAX_DEPTH} levels"

_TAGS = {"int", "float", "bool", "null", "str"}
_STANDARD = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {"!", f"{_STANDARD}map", f"{_STANDARD}seq"}
_MERGE = f"{_STANDARD}merge"


class Dialect(enum.Enum):
    """Whose reading of plain scalars applies."""

    SPEC = "spec"
    KUBECTL = "kubectl"


class _StopError(Exception):
    """A problem after which the rest of the stream cannot be read."""


class _Frame:
    __slots__ = (
        "anchor", "container", "key", "merge", "path", "seen", "size", "twice", "wants_key",
    )  # fmt: skip

    def __init__(self, container: Any, path: Path, anchor: str | None) -> None:
        self.container = container
        self.path = path
        self.anchor = anchor
        self.key: Any = None
        self.wants_key = isinstance(container, dict)
        self.merge = False
        self.seen: dict[Any, Any] = {}  # the event of each key: where it stands is seldom asked
        self.size = 1
        self.twice = False  # two objects are in it, and `---` between them is missing


class Builder:
    """Builds documents from events. Iterative: nesting cannot exhaust the Python stack."""

    def __init__(self, source: Source, dialect: Dialect, record: bool) -> None:
        self.source = source
        self.spec = dialect is Dialect.SPEC
        self.record = record
        self.documents: list[Document] = []
        self.recorded: list[Marks] = []
        self.before = (0, 0)
        self.aliased_before = 0  # in the documents before this one
        self.aliased = 0
        self.read = 0  # keys and values
        self._reset(0)

    def _reset(self, line: int, start: int = 0) -> None:
        self.line = line
        self.start = start  # in the piece that is read
        self.root: Any = None
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliased_before += self.aliased
        self.aliased = 0
        self.problems: list[YamlProblem] = []
        self.marks = Marks()

    def run(self) -> None:
        for text, lines, columns in json_in.pieces(self.source.text):
            self.before = (lines, columns)
            self._read(text)

    def run_parts(self) -> bool:
        """Read the text in parts, most of which need no events. False when something is wrong: then
        it is to be read as a whole, where a broken document ends the stream.
        """
        parts = parts_of(self.source)
        for text, lines in zip(parts.texts, parts.before, strict=True):
            try:
                found = plain_document(text, lines, MAX_VALUES - self.read)
            except TooManyError:
                return False
            if found is None or found[0] is None:
                self.read_part(text, lines)
                if any(document.problems for document in self.documents[-1:]):
                    return False
                continue
            data, skipped, places = found
            self.read += len(places)
            line = lines + 1 + (0 if text.startswith("---") else skipped)
            secrets = secret_values.may_hold_secrets(text)
            self.documents.append(
                Document(self.source, len(self.documents), line, data, (), secrets, places=places)
            )
        return True

    def read_part(self, text: str, lines: int) -> None:
        """Read a part of the text with so many lines before it."""
        self.before = (lines, 0)
        self._read(text)

    def _read(self, text: str) -> None:
        self.readable = readable = json_in.for_yaml(text)
        try:
            parser = CParser(readable)
            try:
                while True:
                    event = parser.get_event()
                    if event is None:
                        return
                    self._event(event)
            finally:
                parser.dispose()
        except _StopError:
            self._finish()
        except (yaml.YAMLError, UnicodeEncodeError) as error:
            self._broken(error, readable)
            self._finish()

    def _broken(self, error: yaml.YAMLError | UnicodeEncodeError, text: str) -> None:
        """Record why the parser stopped.

        libyaml 0.2.6 and newer have a nesting limit of their own, and scan ahead of the events:
        they can stop before `_open` sees the level that is too deep.
        """
        if (event := too_deep(text[: stopped(error)])) is not None:
            self.problems.append(
                YamlProblem("yaml-limits", TOO_DEEP, self._mark(event), None, True)
            )
            return
        problem = syntax_problem(error, text)
        other = self._moved(problem.other) if problem.other else None
        self.problems.append(replace(problem, mark=self._moved(problem.mark), other=other))

    def _event(self, event: Any) -> None:
        kind = type(event)
        self.read += isinstance(event, yaml.NodeEvent)
        if self.read > MAX_VALUES:
            self._problem("yaml-limits", TOO_MANY, event, True)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._open({}, event)
        elif kind is yaml.SequenceStartEvent:
            self._open([], event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(event)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            start = event.start_mark
            self._reset(self.before[0] + start.line + 1, start.index)
        elif kind is yaml.DocumentEndEvent:
            self._finish(event.end_mark.index)

    def _finish(self, end: int | None = None) -> None:
        if self.root is None and not self.problems:
            return
        index = len(self.documents)
        secrets = secret_values.may_hold_secrets(self.readable[self.start : end])
        self.documents.append(
            Document(self.source, index, self.line, self.root, tuple(self.problems), secrets)
        )
        self.recorded.append(self.marks)
        self.problems = []
        self.root = None

    # -- nodes ---------------------------------------------------------------------------

    def _scalar(self, event: Any) -> None:
        text = event.value
        frame = self.stack[-1] if self.stack else None
        as_key = frame is not None and frame.wants_key
        value: Any = text
        plain = event.implicit[0]
        # Tools that write YAML give the key its tag.
        plain = plain or event.tag == _MERGE
        if plain and as_key and text == "<<" and not self.spec:
            assert frame is not None
            frame.merge, frame.wants_key = True, False
            return
        if plain or event.tag is not None:
            value = self._resolve(text, event)
        self._place(value, event, event.anchor, 1)

    def _resolve(self, text: str, event: Any) -> Any:
        if event.tag == "!" and not self.spec:  # kubectl reads any such value as a string
            return text
        if event.tag is not None and not event.implicit[0]:
            short = event.tag.removeprefix(_STANDARD)
            if short == "str" and not self.spec:
                return text
            if short not in _TAGS or self.spec:
                return self._of_other_tag(text, event)
        if self.spec and (why := ambiguity(text)):
            self._problem("yaml-ambiguous-scalar", f"{text} is {why}; {remedy(text)}", event)
            return text
        try:
            return as_kubectl(text)
        except NotFiniteError:
            self._problem("yaml-syntax", f"{text} is not a number that JSON can hold", event)
            return text

    def _of_other_tag(self, text: str, event: Any) -> str:
        """The string that kubectl reads: it decodes !!binary, and ignores all other tags."""
        if event.tag != f"{_STANDARD}binary" or self.spec:
            self._other_tag(event)
            return text
        try:
            decoded = binascii.a2b_base64("".join(text.split()), strict_mode=True)
        except ValueError:
            self._problem("yaml-syntax", "the value of the tag !!binary is not base64", event)
            return text
        return decoded.decode("utf-8", "replace")

    def _other_tag(self, event: Any) -> None:
        tag = event.tag.replace(_STANDARD, "!!")
        if self.spec:
            self._problem("yaml-tag", f"the tag {tag} is not understood here", event)
        elif not tag.startswith("!!") or "/" in tag:
            self._problem("yaml-tag", f"{IGNORED_TAG} {tag}", event)

    def _open(self, container: Any, event: Any) -> None:
        if event.tag is not None and event.tag not in _COLLECTION_TAGS:
            self._other_tag(event)
        if len(self.stack) >= json_in.MAX_DEPTH:
            self._problem("yaml-limits", TOO_DEEP, event, True)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.wants_key:
            self._complex_key(event)
        path = self._mark_value(event) if self.record else ()
        self.stack.append(_Frame(container, path, event.anchor))

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.container, frame.size)
        if self.stack and self.stack[-1].merge and not _mergeable(frame.container):
            self._not_mergeable(event)
        self._attach(frame.container, frame.size)

    def _alias(self, event: Any) -> None:
        if self.spec:
            self._problem("yaml-alias", "aliases are not part of the spec: write it out", event)
        if event.anchor not in self.anchors:
            self._problem("yaml-syntax", f"unknown anchor {event.anchor}", event, True)
        value, size = self.anchors[event.anchor]
        self.aliased += size
        for total, limit, where in (
            (self.aliased, MAX_ALIASED_NODES, ""),
            (self.aliased_before + self.aliased, MAX_ALIASED_IN_FILE, " in all documents"),
        ):
            if total > limit:
                message = f"aliases expand to over {limit:,} values{where}"
                self._problem("yaml-limits", message, event, True)
        self._place(value, event, None, size)

    def _place(self, value: Any, event: Any, anchor: str | None, size: int) -> None:
        frame = self.stack[-1] if self.stack else None
        if anchor:
            self.anchors[anchor] = (value, size)
        if frame is not None and frame.wants_key:
            self._key(frame, value, event)
            return
        if frame is not None and frame.merge and not _mergeable(value):
            self._not_mergeable(event)
        if self.record:
            self._mark_value(event)
        self._attach(value, size)

    def _key(self, frame: _Frame, value: Any, event: Any) -> None:
        if isinstance(value, (dict, list)):
            self._complex_key(event)
        if value is None:
            self._problem("yaml-syntax", "null cannot be a key", event, True)
        value = _key_text(value)
        if value in frame.seen and not frame.twice:
            frame.twice = len(self.stack) == 1 and value in ("apiVersion", "kind")
            first = self._mark(frame.seen[value])
            self.problems.append(
                YamlProblem(
                    "yaml-duplicate-key",
                    f"the key {value!r} occurs twice; first at line {first.line}",
                    self._mark(event),
                    first,
                )
            )
        frame.seen[value] = event
        frame.key, frame.wants_key = value, False
        if self.record:
            self.marks.keys[(*frame.path, value)] = self._mark(event)

    def _attach(self, value: Any, size: int) -> None:
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        frame.size += size
        if isinstance(frame.container, list):
            frame.container.append(value)
            return
        if frame.merge:
            # As kubectl does it: over what stands above, earlier maps of a list over later ones.
            for item in reversed(value) if isinstance(value, list) else [value]:
                frame.container.update(item)
            frame.merge = False
        else:
            frame.container[frame.key] = value
        frame.wants_key = True

    # -- positions and problems -------------------------------------------------------------

    def _path(self) -> Path:
        if not self.stack:
            return ()
        frame = self.stack[-1]
        if isinstance(frame.container, list):
            return (*frame.path, len(frame.container))
        return (*frame.path, "<<" if frame.merge else frame.key)

    def _moved(self, mark: Mark) -> Mark:
        """A mark in the piece that is read, as a mark in the whole text."""
        lines, columns = self.before
        shift = columns if mark.line == 1 else 0
        return Mark(mark.line + lines, mark.column + shift, mark.end_column + shift)

    def _mark(self, event: Any) -> Mark:
        start, end = event.start_mark, event.end_mark
        lines, columns = self.before
        column = start.column + 1 + (0 if start.line else columns)
        width = end.column - start.column if end.line == start.line else 1
        return Mark(lines + start.line + 1, column, column + max(width, 1))

    def _mark_value(self, event: Any) -> Path:
        path = self._path()
        self.marks.values[path] = self._mark(event)
        return path

    def _complex_key(self, event: Any) -> None:
        template = is_template(self.source.text, self._mark(event))
        message = TEMPLATE if template else "an object or a list cannot be a key"
        self._problem("yaml-syntax", message, event, True)

    def _not_mergeable(self, event: Any) -> None:
        self._problem("yaml-syntax", "only mappings can be merged by <<", event, True)

    def _problem(self, rule: str, message: str, event: Any, fatal: bool = False) -> None:
        self.problems.append(YamlProblem(rule, message, self._mark(event), None, fatal))
        if fatal:
            raise _StopError


def _key_text(value: Any) -> str:
    """A key as JSON has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)


def _mergeable(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(item, dict) for item in items)


def parse(
    text: str,
    name: str,
    dialect: Dialect = Dialect.KUBECTL,
    record: bool = False,
    learning: bool = True,
) -> list[Document]:
    """All documents of `text`. Empty documents are left out; problems sit in the documents.

    learning: what is secret in it is not printed from now on.
    """
    source = Source(name, text)
    builder = Builder(source, dialect, record)
    if record or builder.spec or json_in.looks_like_json(text) or not builder.run_parts():
        builder = Builder(source, dialect, record)
        builder.run()
    if record:
        _remember(source, dialect, builder.recorded)
    for document in builder.documents if learning else ():
        secret_values.learn(document)
    if json_in.looks_like_json(text):
        return json_in.respelled(builder.documents)
    return builder.documents


_KEPT: dict[tuple[str, int, Dialect], list[Marks]] = {}


def _remember(source: Source, dialect: Dialect, marks: list[Marks]) -> None:
    if len(_KEPT) >= MAX_TEXTS:
        del _KEPT[next(iter(_KEPT))]
    _KEPT[(source.name, hash(source.text), dialect)] = marks


def kept_marks(source: Source) -> list[Marks] | None:
    """The positions in a text of the spec that was read with them."""
    return _KEPT.get((source.name, hash(source.text), Dialect.SPEC))
