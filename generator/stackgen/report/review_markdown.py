"""A review as a comment on a pull request: risks first, details folded, never too long."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.escape import markdown, markdown_code, visible
from stackgen.redact import redact
from stackgen.report.review_text import (
    SIGNS,
    cause_lines,
    cause_text,
    connection_lines,
    field_value,
    grouped,
    memory_rows,
    money_rows,
    riskiest,
    summary,
    text_lines,
    title,
)
from stackgen.report.style import Style
from stackgen.review.model import RISKS, Change, Consequence, Review, worst
from stackgen.review.show import named, plural
from stackgen.rollout.words import summary as rollout_summary

# GitHub takes 65,536 characters in a comment.
LIMIT = 65_000
# By which a workflow finds the comment it wrote before.
MARK = "<!-- stackgen diff -->"
RISKY = 30  # items of the list of risks in one review
# How many objects, and fields of each, the details show; each step is tried until it fits.
_STEPS = ((10_000, 60), (500, 20), (200, 8), (100, 3), (40, 1), (0, 0))
_DIFF_SIGNS = {"+": "+", "-": "-", "~": "!"}  # what GitHub colours in a diff


def render(reviews: list[Review], _: Style) -> str:
    """The comment."""
    text = ""
    for objects, fields in _STEPS:
        text = "\n".join(_comment(reviews, objects, fields)) + "\n"
        if len(text) <= LIMIT:
            break
    return text if len(text) <= LIMIT else _cut(text)


def _cut(text: str) -> str:
    """So many environments that even their lists are too long."""
    end = "\n\nThe rest is left out: `stackgen diff` shows it.\n"
    return text[: text.rindex("\n", 0, LIMIT - len(end))] + end


def _comment(reviews: list[Review], objects: int, fields: int) -> Iterator[str]:
    changed = [one for one in reviews if not one.empty]
    yield MARK
    if not changed:
        yield "### stackgen diff: no change"
        return
    update = any(one.update for one in changed)
    risk = worst(one.risk for one in changed)
    yield f"### stackgen diff: risk {risk}" if update else "### stackgen diff"
    yield ""
    yield "| environment | objects | risk | USD per day, max nodes |"
    yield "|---|---|---|---|"
    for one in reviews:
        what = summary(one).partition(";")[0] if not one.empty else "no change"
        cost = ""
        if one.money is not None:
            cost = list(money_rows(one))[-1][3]
        risk_of_it = one.risk if one.update else ""
        yield f"| {markdown(one.env or one.new)} | {what} | {risk_of_it} | {cost} |"
    for one in changed:
        yield ""
        yield f"#### {markdown(one.env) or 'Changes'}"
        yield ""
        yield f"{markdown_code(one.old)} to {markdown_code(one.new)}"
        yield from _risks(one)
        yield from _rollouts(one)
        yield from _connections(one)
        yield from _memory(one)
        yield from _cost(one)
        yield from _details(one, objects, fields)


def _risks(one: Review) -> Iterator[str]:
    found: list[tuple[Consequence, Change | None]] = [(c, None) for c in one.general]
    found += [(c, change) for change in one.changes for c in change.consequences]
    risky = [x for x in found if x[0].risk in ("high", "medium")]
    risky.sort(key=lambda x: -RISKS.index(x[0].risk))
    if risky:
        yield ""
    for consequence, change in risky[:RISKY]:
        head = f"**{consequence.risk}** "
        if change is not None:
            head += f"{markdown_code(title(change))}: "
        lines = [f"- {head}{markdown(redact(consequence.message))}"]
        if consequence.remedy:
            lines.append(f"  *{markdown(consequence.remedy)}*")
        if consequence.status:
            lines.append(f"  ({markdown(consequence.status)})")
        why = _why(change, consequence) if change is not None else ""
        if why:
            lines.append(f"  from {why}")
        yield "<br>\n".join(lines)
    if len(risky) > RISKY:
        yield f"- ... and {plural(len(risky) - RISKY, 'consequence')} more, below"


def _why(change: Change, consequence: Consequence) -> str:
    """The lines of the spec behind a consequence."""
    names = consequence.field
    chosen = [
        causes
        for i, causes in enumerate(change.causes)
        if not change.fields or not names or change.fields[i].name in names
    ]
    texts = [cause_text(cause) for causes in chosen or change.causes for cause in causes]
    return named((markdown_code(text) for text in texts), 2)


def _rollouts(one: Review) -> Iterator[str]:
    if one.rollouts:
        yield ""
        yield from (f"Rollout of {markdown(rollout_summary(found))}." for found in one.rollouts)


def _connections(one: Review) -> Iterator[str]:
    if one.connections:
        yield from _folded(plural(len(one.connections), "connection"), connection_lines(one))


def _memory(one: Review) -> Iterator[str]:
    if one.memory:
        yield ""
        yield "| memory of model servers | before | after |"
        yield "|---|---|---|"
        for name, before, after in memory_rows(one):
            yield f"| {markdown(name)} | {before} | {after} |"


def _cost(one: Review) -> Iterator[str]:
    if one.money is None:
        return
    yield ""
    yield "| USD per day, min to max nodes | before | after | change | |"
    yield "|---|---|---|---|---|"
    for name, before, after, delta, note in money_rows(one):
        yield f"| {markdown(name)} | {before} | {after} | {delta} | {markdown(note.strip())} |"


def _details(one: Review, objects: int, fields: int) -> Iterator[str]:
    shown = riskiest(one.changes, objects)
    lines = []
    layer = None
    for change in shown:
        if change.layer != layer:
            layer = change.layer
            lines.append(f"# {visible(layer or 'objects')}")
        lines.extend(_object(change, fields, one.update))
    left = len(one.changes) - len(shown)
    if left:
        lines.append(f"# ... and {plural(left, 'object')} more: `stackgen diff` shows them")
    yield from _folded(plural(len(one.changes), "object"), lines)


def _object(change: Change, most: int, update: bool) -> Iterator[str]:
    sign = _DIFF_SIGNS[SIGNS[change.action]]
    risk = f"  [{change.risk}]" if update else ""
    yield f"{sign} {visible(title(change))}{risk}"
    count = 0
    for causes, group in grouped(change):
        for field in group:
            count += 1
            if count > most:
                continue
            mark = _DIFF_SIGNS[SIGNS[field.kind]]
            lines = text_lines(field)
            if lines:
                yield f"{mark}   {visible(field.name)}:"
                yield from (f"{line[:1]}       {visible(line[1:])}" for line in lines)
            else:
                yield f"{mark}   {visible(field.name)}: {visible(field_value(field))}"
        if count <= most:
            yield from (f"    {line}" for line in cause_lines(causes))
    if count > most:
        yield f"    ... and {plural(count - most, 'field')} more"


def _folded(head: str, lines: list[str]) -> Iterator[str]:
    """Lines of a diff behind a triangle; the fence is longer than any inside."""
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    yield ""
    yield f"<details><summary>{head}</summary>"
    yield ""
    yield f"{fence}diff"
    yield from lines
    yield fence
    yield ""
    yield "</details>"
