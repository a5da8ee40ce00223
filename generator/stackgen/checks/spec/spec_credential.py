"""A credential in the files that a stack is made of."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Mark, Source
from stackgen.manifest.secret_text import named_credentials
from stackgen.redact import credentials, encoded
from stackgen.regex import regex
from stackgen.spec.load import WHAT_IF, Node

_BREAK = regex("\r\n|[\r\n\x85\u2028\u2029]")


def check(context: SpecContext) -> Violations:
    """One finding for each credential: in the texts, and in what their escapes stand for."""
    loaded = context.loaded
    found: set[tuple[str, int]] = set()
    for source in (*loaded.sources, *context.texts):
        for what in _kinds(source.name):
            message = f"the file name looks like {what}"
            yield violation(message, Place(file=source.name))
        for mark, what in _in_text(source):
            found.add((source.name, mark.line))
            place = Place(file=source.name, text=source.text, mark=mark)
            yield violation(f"the value looks like {what}", place)
    for node in (*loaded.nodes.values(), *loaded.nulls.values()):
        for mark, lines, what in _in_node(node):
            here = {(node.source.name, mark.line + i) for i in range(lines)}
            if not here & found:
                found |= here
                # Without its text: an excerpt would show the escapes as they are.
                place = Place(file=node.source.name, mark=mark)
                yield violation(f"the decoded value is {what}", place)


def _in_text(source: Source) -> Iterator[tuple[Mark, str]]:
    """Each credential of a text once, although one may look like several."""
    spans = sorted((*credentials(source.text), *encoded(source.text)))
    spans = sorted((*spans, *_named(source, spans)))
    last = 0
    for start, end, what in spans:
        if start >= last:
            yield _mark(source.text, start, end), what
        last = max(last, end)


def _named(source: Source, shapes: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """What its name alone makes a credential: no shape is there to say what it is."""
    if source.name != WHAT_IF and not source.name.endswith((".yaml", ".yml", ".json")):
        return
    lines = {_mark(source.text, start, end).line for start, end, _ in shapes}
    for start, end in named_credentials(source.text):
        inside = any(first < end and start < last for first, last, _ in shapes)
        if not inside and _mark(source.text, start, end).line not in lines:
            yield start, end, "a credential: its name is that of one"


def _in_node(node: Node) -> Iterator[tuple[Mark, int, str]]:
    """The place, the number of lines that may be of it, and what it is."""
    key = node.path[-1] if node.path else ""
    for text, mark in ((key, node.key_mark), (node.value, node.mark)):
        if isinstance(text, str) and mark is not None:
            lines = text.count("\n") + 2
            yield from ((mark, lines, what) for what in _kinds(text)[:1])


def _kinds(text: str) -> list[str]:
    return [what for _, _, what in (*credentials(text), *encoded(text))]


def _mark(text: str, start: int, end: int) -> Mark:
    """The span as line and columns; of several lines, what stands on the first."""
    breaks = list(_BREAK.finditer(text, 0, start))
    line_start = breaks[-1].end() if breaks else 0
    following = _BREAK.search(text, start)
    stop = min(end, following.start()) if following else end
    return Mark(len(breaks) + 1, start - line_start + 1, stop - line_start + 1)
