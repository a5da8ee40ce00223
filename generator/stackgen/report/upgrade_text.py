"""An upgrade as text: what breaks first, each with its places, help and source."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.escape import visible
from stackgen.redact import redact
from stackgen.report import findings_concise
from stackgen.report.differences import (
    SHORT,
    below,
    edit,
    places,
    risky,
    rollouts,
    sections,
    sourced,
    verdict,
)
from stackgen.report.review_text import summary
from stackgen.report.style import Ink, Style
from stackgen.table import wrapped
from stackgen.upgrade.model import Judged, Upgrade


def render(upgrades: list[Upgrade], style: Style) -> str:
    """Every environment."""
    return "\n".join("\n".join(_upgrade(one, style)) + "\n" for one in upgrades)


def _upgrade(one: Upgrade, style: Style) -> Iterator[str]:
    head = f"{one.env}: " if one.env else ""
    yield style.paint("bold", visible(f"{head}{one.old} -> {one.new}"))
    if one.outcome is not None and one.outcome.shown:
        yield from _heading("Found by the checks", style)
        yield from findings_concise.render(one.outcome, style).splitlines()[:-1]
    for name, level, concern in sections(one):
        found = below(one, level, concern)
        if not found:
            continue
        yield from _heading(f"{name} ({len(found)})", style)
        for judged in found:
            yield from _change(judged, style, short=concern in SHORT)
    if one.review is not None:
        yield from _heading(f"Objects: {summary(one.review)}", style)
        for name, consequence in risky(one):
            lead = f"{name}: " if name else ""
            message = f"{lead}{redact(consequence.message)}"
            yield from _wrapped(f"{consequence.risk}[{consequence.id}] {message}", "  ", style)
        yield from (f"  rollout of {visible(line)}" for line in rollouts(one))
    if one.edits:
        yield from _heading("Edits of the spec (--fix writes them, --diff shows them)", style)
        yield from (f"  {visible(edit(fix))}" for fix in one.edits)
    yield ""
    yield verdict(one)


def _heading(text: str, style: Style) -> Iterator[str]:
    yield ""
    yield style.paint("frame", visible(text))


def _change(judged: Judged, style: Style, *, short: bool) -> Iterator[str]:
    change = judged.change
    ink: Ink = "error" if change.level == "breaks" else "info"
    mark = f"[{change.id}]"
    lines = list(_wrapped(f"{mark} {change.what}", "  ", style))
    yield lines[0].replace(mark, style.paint(ink, mark), 1)
    yield from lines[1:]
    if short:
        return
    yield from (f"    at {visible(place)}" for place in places(judged))
    if change.remedy:
        yield from _wrapped(f"help: {change.remedy}", "    ", style)
    yield from (
        style.paint("note", x) for x in _wrapped(f"source: {sourced(judged)}", "    ", style)
    )


def _wrapped(text: str, lead: str, style: Style) -> list[str]:
    return wrapped(visible(text), max(style.width, 40), lead, f"{lead}  ")
