"""A plan as one HTML page, without scripts and without anything that it loads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.escape import xml_text
from stackgen.manifest.shipped import shipped_text
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

_NUMBER = ' class="n"'


def render(
    plans: Sequence[Planned], pairs: Sequence[tuple[Planned, Planned]], texts: Sequence[str],
    explained: Sequence[str], _: Style,
) -> str:  # fmt: skip
    """Every environment; with pairs the figures that change.

    texts: the values that are tried. explained: by environment, how its values are computed.
    """
    lines = [shipped_text(__file__, "plan_head.html").rstrip("\n")]
    for before, after in pairs:
        lines += _compared(before, after, texts)
    if not pairs:
        shown = explained or [""] * len(plans)
        for one, text in zip(plans, shown, strict=True):
            lines += _plan(one, text)
    return "\n".join([*lines, "</body>", "</html>"]) + "\n"


def _plan(planned: Planned, explained: str) -> Iterator[str]:
    yield f"<h2>{xml_text(heading(planned))}</h2>"
    for section in sections(planned):
        yield from _table(section)
    said = findings(planned)
    if said:
        yield "<h3>Findings</h3>"
        yield from _list(said)
    yield "<details><summary>Reasons</summary>"
    for title, texts in reasons(planned):
        yield f"<h4>{xml_text(title)}</h4>"
        yield from _list(texts)
    yield "</details>"
    if explained:
        yield "<details><summary>How the values are computed</summary>"
        yield f"<pre>{xml_text(explained)}</pre>"
        yield "</details>"


def _compared(before: Planned, after: Planned, texts: Sequence[str]) -> Iterator[str]:
    section, said = comparison(before, after)
    yield f"<h2>{xml_text(before.plan.env)}: what if {xml_text(', '.join(texts))}</h2>"
    yield from _table(section) if section.rows else ("<p>Nothing changes.</p>",)
    yield from _list(said)


def _list(texts: Sequence[str]) -> Iterator[str]:
    if texts:
        yield "<ul>"
        yield from (f"<li>{xml_text(text)}</li>" for text in texts)
        yield "</ul>"


def _table(section: Section) -> Iterator[str]:
    if section.title:
        yield f"<h3>{xml_text(section.title.capitalize())}</h3>"
    yield from (f"<p>{xml_text(text)}</p>" for text in section.above)
    if section.head:
        yield "<table>"
        yield f"<tr>{''.join(f'<th>{xml_text(cell)}</th>' for cell in section.head)}</tr>"
        for row in section.rows:
            cells = (
                f"<td{_NUMBER if i in section.right else ''}>{xml_text(cell)}</td>"
                for i, cell in enumerate(row)
            )
            yield f"<tr>{''.join(cells)}</tr>"
        yield "</table>"
    yield from (f"<p><small>{xml_text(text)}</small></p>" for text in section.below)
