"""An upgrade as Markdown, for a pull request or an issue: a table for each section."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.escape import markdown, markdown_code
from stackgen.redact import redact
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
from stackgen.report.style import Style
from stackgen.upgrade.model import Upgrade


def render(upgrades: list[Upgrade], _: Style) -> str:
    """Every environment."""
    return "\n".join("\n".join(_upgrade(one)) + "\n" for one in upgrades)


def _upgrade(one: Upgrade) -> Iterator[str]:
    head = f"{markdown(one.env)}: " if one.env else ""
    yield f"### {head}{markdown(one.old)} to {markdown(one.new)}"
    yield ""
    yield f"{verdict(one)}."
    if one.outcome is not None and one.outcome.shown:
        yield from ("", "#### Found by the checks", "", "| severity | rule | where | message |")
        yield "|---|---|---|---|"
        for located in one.outcome.shown:
            finding, at = located.finding, located.primary
            place = f"{at.file}:{at.line}" if at is not None else ""
            yield (
                f"| {finding.level} | {finding.rule.id} | {markdown(place)} "
                f"| {markdown(redact(finding.message))} |"
            )
    for name, level, concern in sections(one):
        found = below(one, level, concern)
        if not found:
            continue
        folded = concern in SHORT
        yield ""
        yield (
            f"<details><summary>{name} ({len(found)})</summary>" if folded
            else f"#### {name} ({len(found)})"
        )  # fmt: skip
        yield from ("", "| what | where | what to do | source |", "|---|---|---|---|")
        for judged in found:
            change = judged.change
            cells = (
                markdown(change.what), "<br>".join(map(markdown_code, places(judged))),
                markdown(change.remedy), markdown(sourced(judged)),
            )  # fmt: skip
            yield f"| {' | '.join(cells)} |"
        if folded:
            yield from ("", "</details>")
    if one.review is not None:
        yield from ("", f"#### Objects: {summary(one.review)}", "")
        for name, consequence in risky(one):
            lead = f"{markdown_code(name)}: " if name else ""
            yield f"- **{consequence.risk}** {lead}{markdown(redact(consequence.message))}"
        yield from (f"- Rollout of {markdown(line)}" for line in rollouts(one))
    if one.edits:
        yield from ("", "#### Edits of the spec", "")
        yield from (f"- {markdown_code(edit(fix))}" for fix in one.edits)
