"""Suppressions written as comments: `# stackgen: ignore[rule, other-rule] reason`.

A comment at the end of a line speaks of that line; one on a line of its own speaks of the next
line that is neither blank nor a comment.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.findings.model import Place
from stackgen.findings.suppression import Suppression
from stackgen.manifest.document import Mark, Source

_MARKER = "stackgen:"
_COMMENT = re.compile(
    r"(?:^|(?<=[ \t]))#[ \t]*stackgen:[ \t]*(?P<verb>ignore)?"
    r"[ \t]*(?:\[(?P<rules>[^\]\n]*)\])?(?P<reason>[^\r\n]*)",
    re.MULTILINE,
)


def suppressions(sources: Iterable[Source]) -> list[Suppression]:
    """The suppressions in the comments of `sources`, in order."""
    found: list[Suppression] = []
    for source in sources:
        if _MARKER in source.text:
            found.extend(_of(source))
    return found


def _of(source: Source) -> Iterator[Suppression]:
    text = source.text
    following = _following(text.splitlines())
    scalars = _scalars(text)
    line, start = 1, 0
    for match in _COMMENT.finditer(text):
        line += text.count("\n", start, match.start())
        start = text.rfind("\n", start, match.start()) + 1 or start
        if match["verb"] is None or _inside(scalars, match.start()):
            continue
        column = match.start() - start + 1
        end = column + len(match[0].rstrip())
        place = Place(file=source.name, text=text, mark=Mark(line, column, end))
        alone = not text[start : match.start()].strip()
        target = line
        if alone:
            target = following[line] if line < len(following) else 0
        names = [name.strip() for name in (match["rules"] or "").split(",")]
        reason = match["reason"].strip().lstrip(":-").strip()
        for name in [n for n in names if n] or [""]:
            yield Suppression(name, reason, place=place, kind="comment", line=target)


def _following(lines: list[str]) -> list[int]:
    """For each number of lines passed, the next line that holds something; 0 when none does."""
    following = [0] * (len(lines) + 1)
    for number in range(len(lines) - 1, -1, -1):
        content = lines[number].strip()
        holds = content and not content.startswith("#")
        following[number] = number + 1 if holds else following[number + 1]
    return following


def _scalars(text: str) -> list[tuple[int, int]]:
    """Where texts stand that may hold a `#` which is no comment: quoted and block scalars."""
    import yaml
    from yaml.cyaml import CParser  # type: ignore[attr-defined]

    spans: list[tuple[int, int]] = []
    parser: Any = CParser(text)
    # libyaml does not count a byte order mark.
    skip = 1 if text.startswith("\ufeff") else 0
    try:
        while (event := parser.get_event()) is not None:
            style = getattr(event, "style", None)
            if style in ("'", '"', "|", ">"):
                start, end = event.start_mark.index + skip, event.end_mark.index + skip
                if style in ("|", ">"):
                    start = text.find("\n", start)  # a comment may follow the block's header
                spans.append((start, end))
    except yaml.YAMLError:
        return spans
    finally:
        parser.dispose()
    return spans


def _inside(spans: list[tuple[int, int]], index: int) -> bool:
    """Whether the character at `index` is in one of the spans, which are in order and apart."""
    at = bisect_right(spans, index, key=lambda span: span[0]) - 1
    return at >= 0 and index < spans[at][1]
