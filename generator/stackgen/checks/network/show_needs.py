"""The needs of any manifests as text, JSON and Markdown: each open or closed, and by what."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.network.closed import Answer, Needs
from stackgen.checks.network.view import display_name
from stackgen.escape import json_text, markdown, visible
from stackgen.net import ports as p
from stackgen.record import record


@record
class Shown:
    """One need. state: `open`, `closed`, or `doubtful` if it is closed in some clusters only."""

    state: str
    source: str
    destination: str
    ports: str
    why: str


def answers(known: Needs) -> list[Shown]:
    """Every need with its answer, in the order of their reasons; the same one once."""
    return list(dict.fromkeys(_shown(known, known.answer(need)) for need in known.all()))


def _shown(known: Needs, answer: Answer) -> Shown:
    need = answer.need
    own = str(need.pod)
    ends = (own, need.what) if need.direction == "egress" else (need.what, own)
    acting = known.seen.net.acting(need.direction, need.pod)
    names = ", ".join(display_name(policy.resource) for policy in acting)
    state = "open" if answer.open else "doubtful" if answer.doubt else "closed"
    by = f"{need.direction}: {names or 'no policy selects it'}"
    why = f"{answer.doubt}; {by}" if answer.doubt else by
    return Shown(state, *ends, "any port" if need.ports == p.ALL else str(need.ports), why)


def as_text(found: Iterable[Shown]) -> str:
    """Two lines for each need."""
    marks = {"open": "ok  ", "closed": "FAIL", "doubtful": "?   "}
    return "".join(
        f"{marks[one.state]} {visible(one.source)} => {visible(one.destination)} : {one.ports}\n"
        f"         {visible(one.why)}\n"
        for one in found
    )


def as_markdown(found: Iterable[Shown]) -> str:
    """A table of the needs."""
    lines = ["| | from | to | ports | policies |", "|---|---|---|---|---|"]
    for one in found:
        cells = map(markdown, (one.source, one.destination, one.ports, one.why))
        lines.append(f"| {' | '.join((one.state, *cells))} |")
    return "\n".join(lines) + "\n"


def as_json(found: Iterable[Shown]) -> str:
    """The needs for programs."""
    fields = ("state", "source", "destination", "ports", "why")
    needs = [{name: getattr(one, name) for name in fields} for one in found]
    return json_text({"version": 1, "needs": needs}) + "\n"
