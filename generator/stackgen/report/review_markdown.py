"""A review as a comment on a pull request: risks first, details folded, never too long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest

from stackgen.escape import markdown, markdown_code, markdown_prose, mermaid, visible
from stackgen.record import record
from stackgen.redact import redact
from stackgen.report.review_text import (
    FILES,
    OTHERS,
    SIGNS,
    cause_lines,
    cause_place,
    cause_value,
    connection_lines,
    connections_shown,
    field_value,
    grouped,
    memory_rows,
    money_rows,
    summary,
    text_lines,
    title,
)
from stackgen.report.style import Style
from stackgen.review.model import RISKS, Cause, Change, Consequence, Review, worst
from stackgen.rollout.words import summary as rollout_summary
from stackgen.wording import counted, few

# GitHub takes 65,536 characters in a comment.
LIMIT = 65_000
# By which a workflow finds the comment it wrote before.
MARK = "<!-- stackgen diff -->"
RISKY = 30  # items of the list of risks in one section
ENVIRONMENTS = 100  # rows of the first table
NAMES = 12  # environments in a heading
DRAWN = 20  # connections of a graph
_END = "\n{} left out: `stackgen diff` shows {}.\n"
_DIFF_SIGNS = {"+": "+", "-": "-", "~": "!"}  # what GitHub colours in a diff


@record
class _Most:
    """How many objects, fields of each, and rows of a table are shown."""

    objects: int
    fields: int
    rows: int


# Each is tried until the comment is short enough.
_STEPS = (
    _Most(10_000, 60, 1000), _Most(500, 20, 200), _Most(200, 8, 100), _Most(100, 3, 60),
    _Most(40, 1, 30), _Most(0, 0, 15),
)  # fmt: skip


def render(reviews: list[Review], _: Style) -> str:
    """The comment."""
    changed = [one for one in reviews if not one.empty]
    if not changed:
        return f"{MARK}\n### stackgen diff: no change\n"
    head = list(_head(reviews, changed))
    for most in _STEPS:
        sections = [_section(group, most) for group in _alike(changed)]
        text = "\n".join([*head, *(line for section in sections for line in section)]) + "\n"
        if len(text) <= LIMIT:
            return text
    return _cut("\n".join(head) + "\n", sections)


def _cut(text: str, sections: list[list[str]]) -> str:
    """The sections that fit, each as a whole; the first table says what the others hold."""
    left = 0
    for section in sections:
        more = "\n".join(section) + "\n"
        if len(text) + len(more) + len(_END) + 20 <= LIMIT:
            text += more
        else:
            left += 1
    return text + _END.format(f"{counted(left, 'section')} {'is' if left == 1 else 'are'}", "them")


def _head(reviews: list[Review], changed: list[Review]) -> Iterator[str]:
    yield MARK
    risk = worst(one.risk for one in changed)
    yield f"### stackgen diff: risk {risk}" if changed[0].update else "### stackgen diff"
    yield ""
    yield "| environment | objects | risk | USD per day, max nodes |"
    yield "|---|---|---|---|"
    for one in changed[:ENVIRONMENTS]:
        what = summary(one).partition(";")[0]
        cost = list(money_rows(one))[-1][3] if one.money is not None else ""
        risk_of_it = one.risk if one.update else ""
        cost = cost if any(digit in cost for digit in "123456789") else ""
        yield f"| {markdown(one.env or one.new)} | {what} | {risk_of_it} | {cost} |"
    if len(changed) > ENVIRONMENTS:
        yield f"| {counted(len(changed) - ENVIRONMENTS, 'environment')} more | | | |"
    same = [markdown(one.env or one.new) for one in reviews if one.empty]
    if same:
        yield f"| {few(same, NAMES)} | no change | | |"


def _alike(changed: list[Review]) -> list[list[Review]]:
    """The environments in which the same fields of the same objects change, together."""
    groups: dict[object, list[Review]] = {}
    for one in changed:
        groups.setdefault((one.update, _shape(one)), []).append(one)
    return list(groups.values())


def _shape(one: Review) -> tuple[object, ...]:
    """What changes, without values: objects, their fields, and the fields of the spec."""
    return tuple(
        (
            change.action, change.layer, _anywhere(title(change), one.env),
            tuple((field.kind, field.name, len(text_lines(field))) for field in change.fields),
            tuple(tuple((c.side, c.name) for c in causes) for causes in change.causes),
        )
        for change in one.changes
    )  # fmt: skip


def _anywhere(text: str, env: str) -> str:
    """A text without the name of the environment in the paths of its files."""
    if not env:
        return text
    text = re.sub(rf"\boverlays/{re.escape(env)}/([^\s:]+):[0-9]+:[0-9]+", r"overlays/*/\1", text)
    return re.sub(rf"(\b(?:out|overlays)/){re.escape(env)}\b", r"\1*", text)


def _section(group: list[Review], most: _Most) -> list[str]:
    lines = ["", f"#### {few((markdown(one.env) for one in group), NAMES) or 'Changes'}", ""]
    lines.append(" or ".join(dict.fromkeys(_sides(one, len(group) > 1) for one in group)))
    lines += _listed(group, lambda one: ((c, x) for x in one.changes for c in x.consequences))
    lines += _listed(group, lambda one: ((c, None) for c in one.general))
    for part in (_rollouts, _connections, _memory, _cost, _files):
        lines += _each(group, part, most)
    return [*lines, *_details(group, most)]


def _sides(one: Review, several: bool) -> str:
    """What is compared; of several environments without their names."""
    old = re.sub(rf"(?<=/){re.escape(one.env)}\b", "*", one.old) if several else one.old
    return f"{markdown_code(old)} to {markdown_code(one.new)}"


def _each(
    group: list[Review], part: Callable[[Review, _Most], Iterable[str]], most: _Most
) -> Iterator[str]:
    """A part of a section: once if it is the same everywhere, else by environment."""
    found: dict[tuple[str, ...], list[str]] = {}
    for one in group:
        found.setdefault(tuple(part(one, most)), []).append(markdown(one.env))
    several = len(found) > 1
    for number, (lines, envs) in enumerate(found.items()):
        if number == most.rows:
            yield from ("", f"... and {counted(len(found) - number, 'environment')} more")
            return
        if lines and several:
            yield from ("", f"{few(envs, NAMES)}:")
        yield from lines


def _listed(
    group: list[Review],
    of: Callable[[Review], Iterable[tuple[Consequence, Change | None]]],
) -> Iterator[str]:
    """What changes do, each once, with its environments where it is not all of them."""
    found: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
    for one in group:
        for consequence, change in of(one):
            if consequence.risk not in ("high", "medium"):
                continue
            name = _anywhere(title(change), one.env) if change is not None else ""
            said = redact(consequence.message)
            words = (consequence.risk, name, said, consequence.remedy, consequence.status)
            envs, causes = found.setdefault(words, ([], []))
            envs.append(one.env)
            causes += _why(one, change, consequence) if change is not None else ()
    order = {name: i for i, name in enumerate(dict.fromkeys(key[1] for key in found))}
    risky = sorted(found.items(), key=lambda x: (-RISKS.index(x[0][0]), order[x[0][1]]))
    if risky:
        yield ""
    for (risk, name, message, remedy, status), (envs, causes) in risky[:RISKY]:
        where = {} if set(envs) == {one.env for one in group} else dict.fromkeys(envs)
        head = f"**{risk}** "
        if where:
            head += f"({few(map(markdown, where), NAMES)}) "
        if name:
            head += f"{markdown_code(name)}: "
        lines = [f"- {head}{markdown_prose(message)}"]
        if remedy:
            lines.append(f"  *{markdown_prose(remedy)}*")
        if status:
            lines.append(f"  ({markdown_prose(status)})")
        if causes:
            lines.append(f"  from {few(causes, 2)}")
        yield "<br>\n".join(lines)
    if len(risky) > RISKY:
        yield f"- ... and {counted(len(risky) - RISKY, 'consequence')} more, below"


def _why(one: Review, change: Change, consequence: Consequence) -> list[str]:
    """The lines of the spec behind a consequence."""
    names = consequence.field
    chosen = [
        causes
        for i, causes in enumerate(change.causes)
        if not change.fields or not names or change.fields[i].name in names
    ]
    return [_cause(one, x) for causes in chosen or change.causes for x in causes]


def _cause(one: Review, cause: Cause) -> str:
    """A line of the spec, with a link where its commit is known."""
    place, value = cause_place(cause), cause_value(cause)
    address = one.links[cause.side == "new"].to(cause.file, cause.line)
    if not place:
        return markdown_code(value)
    if not address:
        return markdown_code(f"{place} {value}")
    return f"[{markdown_code(place)}]({address}) {markdown_code(value)}"


def _rollouts(one: Review, most: _Most) -> Iterator[str]:
    if one.rollouts:
        yield ""
        for found in one.rollouts[: most.rows]:
            yield f"Rollout of {markdown(rollout_summary(found))}."


def _files(one: Review, most: _Most) -> Iterator[str]:
    if one.files:
        yield ""
        yield f"{markdown_prose(OTHERS.capitalize())}: {few(map(markdown_code, one.files), FILES)}."


def _connections(one: Review, _: _Most) -> Iterator[str]:
    if one.connections:
        head = counted(len(one.connections), "connection")
        yield from _folded(head, connection_lines(one), list(_graph(one)))


def _graph(one: Review) -> Iterator[str]:
    """The connections as a Mermaid graph: thick where ports open, dotted where they close."""
    shown = connections_shown(one)
    if not 0 < len(shown) <= DRAWN:
        return
    ids: dict[str, str] = {}
    for c in shown:
        for end in (c.source, c.destination):
            ids.setdefault(end, f"n{len(ids)}")
    yield "```mermaid"
    yield "flowchart LR"
    yield from (f"  {number}[{mermaid(end)}]" for end, number in ids.items())
    for c in shown:
        for arrow, sign, ports in (("-.->", "-", c.gone), ("==>", "+", c.new)):
            if ports:
                label = mermaid(f"{sign} {ports}")
                yield f"  {ids[c.source]} {arrow}|{label}| {ids[c.destination]}"
    yield "```"


def _memory(one: Review, most: _Most) -> Iterator[str]:
    if one.memory:
        rows = ((markdown(name), before, after) for name, before, after in memory_rows(one))
        yield from _table(("memory of model servers", "before", "after"), rows, most)


def _cost(one: Review, most: _Most) -> Iterator[str]:
    if one.money is None:
        return
    *pools, total = (
        (markdown(name), before, after, delta, markdown(note.strip()))
        for name, before, after, delta, note in money_rows(one)
    )
    heads = ("USD per day, min to max nodes", "before", "after", "change", "")
    yield from _table(heads, pools, most)
    yield f"| {' | '.join(total)} |"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], most: _Most) -> Iterator[str]:
    found = list(rows)
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    yield from (f"| {' | '.join(row)} |" for row in found[: most.rows])
    if len(found) > most.rows:
        yield f"| {counted(len(found) - most.rows, 'row')} more |" + " |" * (len(heads) - 1)


def _details(group: list[Review], most: _Most) -> Iterator[str]:
    """The objects of all environments: each line once, or by environment where it differs."""
    first = group[0]
    risks = [max((one.changes[i].risk for one in group), key=RISKS.index)
             for i in range(len(first.changes))]  # fmt: skip
    by_risk = sorted(range(len(risks)), key=lambda i: -RISKS.index(risks[i]))
    shown = sorted(by_risk[: most.objects])
    lines = []
    layer = None
    for i in shown:
        if first.changes[i].layer != layer:
            layer = first.changes[i].layer
            lines.append(f"# {visible(layer or 'objects')}")
        parts = [list(_object(one.changes[i], most.fields, one.update)) for one in group]
        lines.extend(_merged(group, parts))
    left = len(first.changes) - len(shown)
    if left:
        lines.append(f"# ... and {counted(left, 'object')} more: stackgen diff shows them")
    yield from _folded(counted(len(first.changes), "object"), lines)


def _merged(group: list[Review], parts: list[list[tuple[str, ...]]]) -> Iterator[str]:
    """The parts of one object, by environment where they differ."""
    for same in zip_longest(*parts, fillvalue=()):
        found: dict[tuple[str, ...], list[str]] = {}
        for one, lines in zip(group, same, strict=True):
            neutral = (_anywhere(line, one.env if len(group) > 1 else "") for line in lines)
            found.setdefault(tuple(neutral), []).append(one.env)
        for lines, envs in found.items():
            if lines and len(found) > 1:
                yield f"{lines[0]}  ({visible(few(envs, NAMES))})"
                yield from lines[1:]
            else:
                yield from lines


def _object(change: Change, most: int, update: bool) -> Iterator[tuple[str, ...]]:
    """Its title, its fields and their causes, each with all of its lines."""
    sign = _DIFF_SIGNS[SIGNS[change.action]]
    risk = f"  [{change.risk}]" if update else ""
    yield (f"{sign} {visible(title(change))}{risk}",)
    count = 0
    for causes, group in grouped(change):
        for field in group:
            count += 1
            if count > most:
                continue
            mark = _DIFF_SIGNS[SIGNS[field.kind]]
            lines = text_lines(field)
            if lines:
                said = (f"{line[:1]}       {visible(line[1:])}" for line in lines)
                yield (f"{mark}   {visible(field.name)}:", *said)
            else:
                yield (f"{mark}   {visible(field.name)}: {visible(field_value(field))}",)
        if count <= most:
            yield tuple(f"    {line}" for line in cause_lines(causes))
    if count > most:
        yield (f"    ... and {counted(count - most, 'field')} more",)


def _folded(head: str, lines: list[str], before: Iterable[str] = ()) -> Iterator[str]:
    """Lines of a diff behind a triangle; the fence is longer than any inside."""
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    yield ""
    yield f"<details><summary>{head}</summary>"
    yield ""
    yield from before
    yield f"{fence}diff"
    yield from lines
    yield fence
    yield ""
    yield "</details>"
