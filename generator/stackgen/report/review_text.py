"""A review as text: by layer and object, the riskiest said again at the end."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.escape import visible
from stackgen.redact import redact
from stackgen.report.style import Ink, Style
from stackgen.review.connectivity import together
from stackgen.review.model import RISKS, Cause, Change, Connection, Consequence, Field, Review
from stackgen.review.money import signed
from stackgen.review.show import object_name, texts
from stackgen.rollout.words import summary as rollout_summary
from stackgen.table import wrapped
from stackgen.wording import counted, few

SIGNS = {"added": "+", "removed": "-", "changed": "~", "renamed": "~", "order": "~"}
_INKS: dict[str, Ink] = {
    "high": "error", "medium": "warning", "low": "info", "none": "note",
    "added": "add", "removed": "remove", "changed": "bold", "renamed": "bold", "order": "bold",
}  # fmt: skip
_LINE_INKS: dict[str, Ink] = {"+": "add", "-": "remove"}
FIELDS = 40  # of one object; the rest is counted
OBJECTS = 200  # of one review
CONNECTIONS = 60
GENERAL = 20  # consequences that are no one object's
FILES = 20
OTHERS = "files that are not objects differ, their effect is not compared"
CAUSES = 6  # of one group of fields
COMPARED = 4_000_000  # pairs of lines beyond which two texts are not laid side by side
LINES = 12  # of a text that differs


def render(reviews: list[Review], style: Style) -> str:
    """Every review; nothing but a line each where nothing differs."""
    return "\n".join("\n".join(_review(one, style)) + "\n" for one in reviews)


def _review(one: Review, style: Style) -> Iterator[str]:
    head = f"{one.env}: " if one.env else ""
    yield style.paint("bold", visible(f"{head}{one.old} -> {one.new}"))
    if one.empty:
        yield "no change"
        return
    layer: str | None = None
    for change in riskiest(one.changes, OBJECTS):
        if change.layer != layer:
            layer = change.layer
            yield ""
            yield style.paint("frame", visible(layer or "objects"))
        yield from _change(change, one.update, style)
    if len(one.changes) > OBJECTS:
        yield f"\n... and {counted(len(one.changes) - OBJECTS, 'object')} more"
    yield from _general(one, style)
    if one.files:
        yield ""
        text = f"{OTHERS}: {few(one.files, FILES)}"
        yield from wrapped(visible(text), style.width, "", "  ")
    yield ""
    yield summary(one)


def riskiest(changes: tuple[Change, ...], most: int) -> list[Change]:
    """The changes, in order; when there are too many, those with the highest risk."""
    by_risk = sorted(range(len(changes)), key=lambda i: -RISKS.index(changes[i].risk))
    return [changes[i] for i in sorted(by_risk[:most])]


def summary(one: Review) -> str:
    """How much changes, and how bad it is."""
    counts = [
        f"{n} {action}"
        for action in ("added", "changed", "renamed", "removed")
        if (n := sum(c.action == action for c in one.changes))
    ]
    text = counted(len(one.changes), "object")
    text += f": {', '.join(counts)}" if counts else ""
    return f"{text}; risk {one.risk}" if one.update else text


def title(change: Change) -> str:
    """The object's name, and what it was called before."""
    new = change.resource
    text = object_name(new.kind or "file", new.namespace, new.name or new.file)
    old = change.old
    if change.action == "renamed" and old is not None:
        text += f" (was {f'{old.namespace}/' if old.namespace else ''}{old.name})"
    if change.moved:
        text += f" (moved from {change.moved})"
    return text


def _change(change: Change, update: bool, style: Style) -> Iterator[str]:
    sign = style.paint(_INKS[change.action], SIGNS[change.action])
    yield f"{sign} {style.paint('bold', visible(title(change)))}"
    groups = grouped(change)
    shown = 0
    for cause, fields in groups:
        for field in fields:
            shown += 1
            if shown <= FIELDS:
                yield from _field(field, style)
        if shown <= FIELDS or not fields:
            for line in cause_lines(cause):
                yield from _painted(line, style, "note", "<-")
    if shown > FIELDS:
        yield f"    ... and {counted(shown - FIELDS, 'field')} more"
    if update:
        for found in change.consequences:
            yield from _consequence(found, style)


def grouped(change: Change) -> list[tuple[tuple[Cause, ...], list[Field]]]:
    """The fields of a change by what brought them about, in order."""
    if not change.fields:
        return [(change.causes[0], [])] if change.causes else []
    if not change.causes:
        return [((), list(change.fields))]
    found: dict[tuple[Cause, ...], list[Field]] = {}
    for field, cause in zip(change.fields, change.causes, strict=True):
        found.setdefault(cause, []).append(field)
    return list(found.items())


def cause_lines(causes: tuple[Cause, ...]) -> list[str]:
    """A line for each cause, the first ones when there are many."""
    lines = [f"<- {visible(cause_text(cause))}" for cause in causes[:CAUSES]]
    more = len(causes) - CAUSES
    return lines + ([f"<- ... and {counted(more, 'line')} more"] if more > 0 else [])


def cause_text(cause: Cause) -> str:
    """The line of the spec, its field, and how it differs."""
    return f"{cause_place(cause)} {cause_value(cause)}".lstrip()


def cause_place(cause: Cause) -> str:
    """File, line and column; empty for a row of the catalog."""
    if not cause.file:
        return ""
    was = "(old) " if cause.side == "old" else ""
    return f"{was}{cause.file}:{cause.line}:{cause.column}"


def cause_value(cause: Cause) -> str:
    """The field of the spec, and how it differs."""
    old, new = cause.old or "not set", cause.new or "not set"
    return cause.name + (f": {old} -> {new}" if cause.old or cause.new else "")


def _field(field: Field, style: Style) -> Iterator[str]:
    sign = style.paint(_INKS[field.kind], SIGNS[field.kind])
    lines = text_lines(field)
    name = visible(field.name)
    if lines:
        yield f"    {sign} {name}:"
        for line in lines:
            ink: Ink = (
                "add" if line.startswith("+") else "remove" if line.startswith("-") else "note"
            )
            yield f"        {style.paint(ink, visible(line))}"
        return
    text = f"{SIGNS[field.kind]} {name}: {visible(field_value(field))}"
    yield from _painted(text, style, _INKS[field.kind], SIGNS[field.kind])


def field_value(field: Field) -> str:
    """The old and the new value."""
    old, new = texts(field)
    if field.kind == "added":
        return new
    if field.kind == "removed":
        return old
    if field.kind == "order":
        return f"different order: {old} -> {new}"
    return f"{old} -> {new}"


def text_lines(field: Field) -> list[str]:
    """The lines that differ, of a text of several lines; none for other values."""
    from difflib import unified_diff

    if field.kind != "changed" or not (isinstance(field.old, str) and isinstance(field.new, str)):
        return []
    # As a whole: of a key of several lines, one alone looks like nothing.
    old, new = redact(field.old), redact(field.new)
    if "\n" not in old.strip() + new.strip():
        return []
    before, after = old.splitlines(), new.splitlines()
    if len(before) * len(after) > COMPARED:
        return [f"- {counted(len(before), 'line')}", f"+ {counted(len(after), 'line')}"]
    found = [
        line
        for line in unified_diff(before, after, lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    more = len(found) - LINES
    return [*found[:LINES], *([f"... and {counted(more, 'line')} more"] if more > 0 else [])]


def _painted(text: str, style: Style, ink: Ink, mark: str, lead: str = "    ") -> Iterator[str]:
    """The lines of `text`, which begins with `mark`, painted, and a space."""
    rest = text.removeprefix(f"{mark} ")
    for i, line in enumerate(wrapped(rest, style.width, f"{lead}{mark} ", f"{lead}  ")):
        yield line.replace(mark, style.paint(ink, mark), 1) if i == 0 else line


def _consequence(found: Consequence, style: Style, lead: str = "    ") -> Iterator[str]:
    ink = _INKS[found.risk]
    mark = f"{found.risk}[{found.id}]"
    text = f"{mark} {visible(redact(found.message))}"
    yield from _painted(text, style, ink, mark, lead)
    notes = [("help", found.remedy)] if found.risk in ("medium", "high") else []
    notes += [("note", found.status)] if found.status else []
    for name, note in notes:
        if note:
            yield from wrapped(f"{name}: {note}", style.width, f"{lead}  ")


def _general(one: Review, style: Style) -> Iterator[str]:
    if one.connections:
        yield ""
        yield style.paint("frame", "connections")
        for line in connection_lines(one):
            mark = line[:1]
            painted = style.paint(_LINE_INKS[mark], mark) if mark in _LINE_INKS else mark
            yield f"{painted}{line[1:]}"
    if one.rollouts:
        yield ""
        yield style.paint("frame", "rollout")
        for text in map(rollout_summary, one.rollouts):
            yield from wrapped(visible(text), style.width, "  ", "    ")
    if one.memory:
        yield ""
        yield style.paint("frame", "memory of model servers")
        for name, before, after in memory_rows(one):
            yield f"  {visible(name)}: {before} -> {after}"
    if one.money is not None:
        yield ""
        yield style.paint("frame", "cost in USD per day, min to max nodes")
        for name, before, after, delta, note in money_rows(one):
            yield f"  {name}: {before} -> {after}{f' ({delta})' if delta else ''}{note}"
    if one.general:
        yield ""
        worst_first = sorted(one.general, key=lambda c: -RISKS.index(c.risk))
        for found in worst_first[:GENERAL]:
            yield from _consequence(found, style, "")
        if len(worst_first) > GENERAL:
            yield f"... and {counted(len(worst_first) - GENERAL, 'consequence')} more"


def connections_shown(one: Review) -> list[Connection]:
    """Of ends that come or go, only what leads outside. Sources that change alike are one."""
    return together(c for c in one.connections if c.outside or not c.arrived)


def connection_lines(one: Review) -> list[str]:
    """What closes (-) and opens (+)."""
    shown = connections_shown(one)
    lines = []
    for c in shown:
        note = "  (its end is new or gone)" if c.arrived else ""
        for sign, ports in (("-", c.gone), ("+", c.new)):
            if ports:
                lines.append(
                    f"{sign} {visible(c.source)} => {visible(c.destination)} : {ports}{note}"
                )
    more = len(lines) - CONNECTIONS
    lines = lines[:CONNECTIONS] + ([f"... and {more} more"] if more > 0 else [])
    left = sum(c.arrived and not c.outside for c in one.connections)
    if left:
        lines.append(f"... and {left} of workloads that are new or gone, inside of the cluster")
    return lines


def memory_rows(one: Review) -> Iterator[tuple[str, str, str]]:
    """Model and figure, before and after."""

    def shown(value: float | None, there: bool) -> str:
        if not there:
            return "none"
        return "unknown" if value is None else f"{value:,}"

    for found in one.memory:
        sides = zip((found.old, found.new), found.there, strict=True)
        before, after = (shown(value, there) for value, there in sides)
        yield f"{found.model}: {found.figure}", before, after


def money_rows(one: Review) -> Iterator[tuple[str, str, str, str, str]]:
    """Name, before, after, difference at the maximum, remark: for each pool, and the total."""
    from stackgen.plan.cost import per_day

    assert one.money is not None

    def span(found: tuple[float, float] | None, there: bool) -> str:
        if not there:
            return "none"
        if found is None:
            return "unknown"
        low, high = (f"{per_day(x):,.2f}" for x in found)
        return low if low == high else f"{low} to {high}"

    for pool in one.money.pools:
        before, after = pool.old or (0.0, 0.0), pool.new or (0.0, 0.0)
        sides = zip((pool.old, pool.new), pool.there, strict=True)
        known = all(figures is not None or not there for figures, there in sides)
        delta = signed(per_day(after[1] - before[1])) if known else ""
        note = f"  {pool.note}" if pool.note else ""
        yield pool.name, span(pool.old, pool.there[0]), span(pool.new, pool.there[1]), delta, note
    delta = signed(per_day(one.money.new[1] - one.money.old[1]))
    when = f"  prices as of {one.money.as_of}" if one.money.as_of else ""
    whole = "in all" if one.money.complete else "in all, of those with a price on both sides"
    yield whole, span(one.money.old, True), span(one.money.new, True), delta, when
