"""Where the secrets of a YAML text stand, so that an excerpt of it can be shown without them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from stackgen.manifest.document import LINE_BREAK
from stackgen.manifest.secret_values import Leaf, Map, assigned, find, may_hold_secrets
from stackgen.regex import regex

_DEPTH = 200  # of the texts that are looked into; deeper ones are hidden as broken ones are
_MAX_ALIASED = 50_000  # nodes that aliases stand for, as in files that are read
_SECRET = regex(r"(?i)\bkind[\"']?\s*:\s*[\"']?(?:sealed)?secret(?:list)?\b|stringData")
_SEPARATOR = regex(r"^---", re.MULTILINE)
_PUBLIC_LINE = regex(
    r"\s*(?:- )?[\"']?(?:apiVersion|kind|metadata|name|namespace|type|data|stringData|spec)"
    r"[\"']?\s*:"
)


@lru_cache(maxsize=16)
def masked(text: str) -> str:
    """`text` with every secret of its documents starred out; each line as long as before.

    Of a Secret that is not YAML, all but the keys is starred out.
    """
    if not may_hold_secrets(text):
        return text
    spans: list[tuple[int, int]] = []
    end = 0
    try:
        for tree, end in _trees(text):  # noqa: B007 - the end of the last good one
            for leaf, parts in find(tree):
                spans += _spans(text, leaf, parts)
    except _BrokenError:
        rest = text[end:]
        for piece in _pieces(rest):
            start, stop = end + piece[0], end + piece[1]
            if _SECRET.search(text, start, stop):
                spans += _values(text, start, stop)
            else:
                for part in assigned(text[start:stop]):
                    spans += _spans(text, Leaf(None, (start, stop)), (part,))
    return _starred(text, spans)


def named_credentials(text: str) -> Iterator[tuple[int, int]]:
    """Where the values begin and end that are secret by their names, as far as it is YAML."""
    if may_hold_secrets(text):
        try:
            for tree, _ in _trees(text):
                for leaf, parts in find(tree):
                    yield from _spans(text, leaf, parts)
        except _BrokenError:
            return


class _BrokenError(Exception):
    """The text is no YAML from here on, or too deep or too large to look into."""


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    starts = [0, *(m.start() for m in _SEPARATOR.finditer(text))]
    yield from zip(starts, [*starts[1:], len(text)], strict=True)


def _spans(text: str, leaf: Leaf, parts: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    start, end = leaf.place
    inside = text[start:end]
    for part in parts:
        at = inside.find(part)
        if at < 0:  # written with escapes, or over several lines
            yield start, end
        while at >= 0:
            yield start + at, start + at + len(part)
            at = inside.find(part, at + len(part))
    if not parts:
        yield start, end


def _values(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What stands behind the keys of lines that may be of a Secret."""
    at = start
    for line in LINE_BREAK.split(text[start:end]):
        if not _PUBLIC_LINE.match(line) or "{" in line:
            colon = line.find(":")
            yield at + colon + 1, at + len(line)
        at = _after(text, at + len(line))


def _after(text: str, at: int) -> int:
    found = LINE_BREAK.match(text, at)
    return found.end() if found else at


def _starred(text: str, spans: list[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in sorted(spans):
        if end > done:
            hidden = text[max(start, done) : end]
            parts += [text[done:start], re.sub(r"[^\s]", "*", hidden)]
            done = end
    return "".join(parts) + text[done:]


def _trees(text: str) -> Iterator[tuple[Any, int]]:
    """Each document with the places of its scalars, and where it ends."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    stack: list[tuple[str, list[Any], str | None]] = []
    anchors: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    placed = aliased = 0  # nodes, and those of them that aliases stand for
    begun: list[int] = []
    root: Any = None
    try:
        events: Iterator[Any] = yaml.parse(text, Loader=loader)
        for event in events:
            if isinstance(event, yaml.DocumentEndEvent):
                yield root, _place(event)[1]
                root, anchors = None, {}
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if len(stack) > _DEPTH:
                    raise _BrokenError
                form = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
                stack.append((form, [], event.anchor))
                begun.append(placed)
                placed += 1
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                form, items, anchor = stack.pop()
                sizes[anchor or ""] = placed - begun.pop()
                root = _put(stack, anchors, anchor, _map(items) if form == "map" else items)
            elif isinstance(event, yaml.ScalarEvent):
                placed += 1
                root = _put(stack, anchors, event.anchor, Leaf(event.value, _place(event)))
            elif isinstance(event, yaml.AliasEvent):
                size = sizes.get(event.anchor or "", 1)
                placed += size
                aliased += size
                if aliased > _MAX_ALIASED:
                    raise _BrokenError
                root = _put(
                    stack, anchors, None, anchors.get(event.anchor or "", Leaf(None, (0, 0)))
                )
    except yaml.YAMLError:
        raise _BrokenError from None


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.index, event.end_mark.index


def _put(stack: list[Any], anchors: dict[str, Any], anchor: str | None, node: Any) -> Any:
    if anchor:
        anchors[anchor] = node
    if stack:
        stack[-1][1].append(node)
    return node


def _map(items: list[Any]) -> Map:
    pairs: list[tuple[str, Any]] = []
    for key, value in zip(items[::2], items[1::2], strict=False):
        name = str(key.value) if isinstance(key, Leaf) else ""
        merged = value if isinstance(value, list) else [value]
        for one in merged if name == "<<" else ():
            pairs += one.pairs if isinstance(one, Map) else ()
        if name != "<<":
            pairs.append((name, value))
    return Map(tuple(pairs))
