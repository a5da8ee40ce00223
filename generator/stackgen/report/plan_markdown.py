"""A plan as Markdown: for a page of a repository, or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.escape import markdown, visible
from stackgen.report.plan_facts import Planned
from stackgen.report.plan_sections import (
    Section,
    comparison,
    findings,
    heading,
    reasons,
    sections,
)
from stackgen.report.style import Style


def render(
    plans: Sequence[Planned], pairs: Sequence[tuple[Planned, Planned]], texts: Sequence[str],
    explained: Sequence[str], _: Style,
) -> str:  # fmt: skip
    """Every environment; with pairs the figures that change.

    texts: the values that are tried. explained: by environment, how its values are computed.
    """
    if pairs:
        parts = [_compared(before, after, texts) for before, after in pairs]
    else:
        shown = explained or [""] * len(plans)
        parts = [_plan(one, text) for one, text in zip(plans, shown, strict=True)]
    return "\n".join(line for part in parts for line in (*part, ""))


def _plan(planned: Planned, explained: str) -> Iterator[str]:
    yield f"## {markdown(heading(planned))}"
    for section in sections(planned):
        yield ""
        yield from table(section)
    said = findings(planned)
    if said:
        yield from ("", "### Findings", "", *(f"- {markdown(text)}" for text in said))
    yield from ("", "<details><summary>Reasons</summary>", "")
    for title, texts in reasons(planned):
        yield f"**{markdown(title)}**"
        yield from ("", *(f"- {markdown(text)}" for text in texts), "")
    yield "</details>"
    if explained:
        yield from ("", "<details><summary>How the values are computed</summary>", "")
        # Indented: no text can end such a block.
        yield from (f"    {visible(line)}" for line in explained.splitlines())
        yield from ("", "</details>")


def _compared(before: Planned, after: Planned, texts: Sequence[str]) -> Iterator[str]:
    section, said = comparison(before, after)
    yield f"## {markdown(before.plan.env)}: what if {markdown(', '.join(texts))}"
    yield ""
    if section.rows:
        yield from table(section)
    else:
        yield "Nothing changes."
    if said:
        yield from ("", *(f"- {markdown(text)}" for text in said))


def table(section: Section) -> Iterator[str]:
    """A table with its sentences."""
    if section.title:
        yield from (f"### {markdown(section.title.capitalize())}", "")
    yield from (markdown(text) for text in section.above)
    if section.head:
        if section.above:
            yield ""
        yield _row(section.head)
        marks = ["---:" if i in section.right else "---" for i in range(len(section.head))]
        yield f"|{'|'.join(marks)}|"
        yield from (_row(row) for row in section.rows)
    if section.below:
        yield from ("", *(f"*{markdown(text)}*  " for text in section.below))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(markdown(cell) for cell in cells)} |"
