"""A rollout as Markdown, with its steps as a Mermaid graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.escape import markdown, mermaid
from stackgen.report.rollout_text import heading, sections
from stackgen.rollout.durations import words
from stackgen.rollout.model import Moment, Rollout
from stackgen.rollout.words import awaited, changed, duration_text
from stackgen.wording import few


def render(found: Iterable[tuple[str, Rollout]]) -> str:
    """The rollouts of environments."""
    return "\n".join(line for env, one in found for line in _rollout(env, one))


def graph(found: Rollout) -> str:
    """The steps as a Mermaid graph: an arrow from each step to those that wait for it."""
    return "\n".join(_graph(found)) + "\n"


def _rollout(env: str, found: Rollout) -> Iterator[str]:
    yield f"### Rollout of {markdown(heading(env, found))}"
    yield ""
    yield "| begins | step | changes | waits for | at most |"
    yield "|---|---|---|---|---|"
    for moment in found.moments:
        if changed(moment):
            yield "| " + " | ".join(markdown(cell) for cell in _cells(moment)) + " |"
    yield ""
    yield duration_text(found)
    for title, items in sections(found):
        yield ""
        yield f"**{markdown(title.capitalize())}**"
        yield ""
        yield from (f"- {markdown(item)}" for item in items)
    yield ""


def _cells(moment: Moment) -> tuple[str, ...]:
    keys = changed(moment)
    return (
        words(moment.earliest), moment.step.name, few([k.title for k in keys]),
        few(awaited(moment)) or "-", words(moment.step.timeout) if moment.step.timeout else "-",
    )  # fmt: skip


def _graph(found: Rollout) -> Iterator[str]:
    yield "flowchart TD"
    numbers = {one.step.name: f"s{i}" for i, one in enumerate(found.moments)}
    stuck = {one.step.name for one in found.blocked if one.awaited}
    for moment in found.moments:
        name = moment.step.name
        yield f"  {numbers[name]}[{mermaid(name)}]"
    for moment in found.moments:
        for before in (*moment.step.after, moment.step.parent):
            if before in numbers:
                yield f"  {numbers[before]} --> {numbers[moment.step.name]}"
    if stuck:
        yield "  classDef stuck stroke:#c00,stroke-width:3px"
        yield f"  class {','.join(numbers[n] for n in numbers if n in stuck)} stuck"
