"""The report people read: what is wrong, the line that says so, what comes of it, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from stackgen import paths
from stackgen.escape import visible
from stackgen.findings.model import Located, Location, Rule
from stackgen.findings.pipeline import Outcome
from stackgen.redact import look
from stackgen.report.excerpt import Excerpt, excerpts
from stackgen.report.style import Ink, Style
from stackgen.report.summary import summary_lines
from stackgen.table import wrapped


def render(outcome: Outcome, style: Style) -> str:
    """The whole report; suppressed findings appear in the summary's count only."""
    look(x.finding.message for x in outcome.shown)
    blocks = ["\n".join(finding_lines(x, style)) + "\n" for x in outcome.shown]
    return "\n".join([*blocks, *(f"{x}\n" for x in summary_lines(outcome, style))])


def finding_lines(located: Located, style: Style) -> list[str]:
    """One finding, line by line."""
    finding = located.finding
    level = str(finding.level)
    head = style.paint(finding.level.ink, f"{level}[{linked_id(finding.rule, style)}]")
    lines = [f"{head}{style.paint('bold', ': ' + visible(finding.message))}"]
    spots = [x for x in located.locations if x.role != "rendered"]
    gutter = max((len(str(x.line)) for x in spots), default=1)
    if spots:
        lines.extend(_spots(spots, gutter, style))
    lines.extend(_below(tuple(_notes(located)), gutter, style))
    return lines


@lru_cache(maxsize=1024)  # of a rule, every finding has the same notes
def _below(notes: tuple[tuple[str, str], ...], gutter: int, style: Style) -> list[str]:
    pad = " " * gutter
    return [line for name, value in notes for line in _note(name, value, pad, style)]


def _spots(spots: list[Location], gutter: int, style: Style) -> Iterator[str]:
    """The primary place, further marks on the same line, then the other places."""
    pad = " " * gutter
    bar = style.paint("frame", f"{pad} |")
    primary, others = spots[0], spots[1:]
    room = style.width - gutter - 3
    yield f"{style.paint('frame', f'{pad}-->')} {_place(primary, style)}"
    if primary.excerpt:
        line = [primary, *(x for x in others if (x.file, x.line) == (primary.file, primary.line))]
        marks = excerpts(line, room, "^" + "-" * len(line))
        others = [x for x in others if x not in [line[m.number] for m in marks]]
        yield bar
        yield from _excerpt(primary, marks, gutter, style)
        yield bar
    elif primary.note:
        yield f"{bar} {visible(primary.note)}"
    for other in others:
        yield f"{style.paint('frame', f'{pad}:::')} {_place(other, style)}"
        if other.excerpt:
            yield from _excerpt(other, excerpts([other], room, "-"), gutter, style)
        elif other.note:
            yield f"{bar} {visible(other.note)}"


def _excerpt(location: Location, marks: list[Excerpt], gutter: int, style: Style) -> Iterator[str]:
    """The source line, the marks below it, and notes that do not fit beside a mark."""
    bar = style.paint("frame", f"{' ' * gutter} |")
    number = style.paint("frame", f"{location.line:>{gutter}} |")
    yield f"{number} {marks[0].line}".rstrip()
    for shown in marks:
        ink: Ink = "error" if shown.mark.startswith("^") else "frame"
        mark = style.paint(ink, f"{shown.mark} {shown.beside}".rstrip())
        yield f"{bar} {' ' * shown.lead}{mark}"
        for line in shown.below:
            yield f"{bar} {style.paint(ink, line)}"


def linked_id(rule: Rule, style: Style) -> str:
    """The id of a rule, as a link to its page where that is at hand: in a checkout."""
    return style.link(rule.id, paths.rules(f"{rule.id}.md")) if style.links else rule.id


def _place(location: Location, style: Style) -> str:
    file = visible(location.file)
    if not location.line:
        return style.link(file, location.file)
    shown = f"{file}:{location.line}:{location.column}"
    return style.link(shown, location.file, location.line, location.column)


def _notes(located: Located) -> Iterator[tuple[str, str]]:
    finding = located.finding
    confidence = finding.confidence or finding.rule.confidence
    if confidence != "high":
        yield "note", f"confidence is {confidence}: check whether it applies"
    yield "in the cluster", finding.impact or finding.rule.impact
    yield "help", located.advice
    if finding.fix is not None:
        yield "fix", "`--fix` does this"
    primary = located.primary
    if primary is not None and primary.object is not None and primary.role != "rendered":
        rendered = [x for x in located.locations if x.role == "rendered"]
        for location in rendered:
            yield "rendered", f"{location.file}:{location.line}"
    for source in finding.docs:
        yield "see", source
    yield "docs", f"stackgen explain {finding.rule.id}"


@lru_cache(maxsize=1024)
def _wrapped(value: str, width: int, indent: int) -> list[str]:
    return wrapped(visible(value), width, " " * indent, "")


def _note(name: str, value: str, pad: str, style: Style) -> Iterator[str]:
    if not value:
        return
    head = f"{pad} = {name}: "
    first = style.paint("frame", f"{pad} =") + f" {style.paint('bold', name + ':')} "
    if name in ("rendered", "docs", "see"):
        yield first + visible(value)
        return
    room, indent = max(style.width - len(pad) - 5, 20), len(head) - len(pad) - 5
    for number, line in enumerate(_wrapped(value, room, indent)):
        yield first + line.lstrip() if number == 0 else f"{pad}     {line}"
