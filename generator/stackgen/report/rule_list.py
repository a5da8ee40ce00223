"""The list of all rules: text, JSON or Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.escape import json_text
from stackgen.findings.model import FAMILIES, Rule
from stackgen.findings.rules import as_data
from stackgen.report.style import Style

VERSION = 2


def text(rules: Iterable[Rule], style: Style) -> str:
    """By family, a line each; the summary wraps."""
    lines: list[str] = []
    for family, members in _families(rules):
        lines += ["", style.paint("bold", family)] if lines else [style.paint("bold", family)]
        wide = max(len(rule.id) for rule in members)
        for rule in members:
            lines += _line(rule, wide, style)
    return "\n".join(lines) + "\n"


def _line(rule: Rule, wide: int, style: Style) -> Iterator[str]:
    level = style.paint(rule.severity.ink, f"{rule.severity!s:<7}")
    start = f"  {rule.id:<{wide}}  {level}  "
    indent = wide + 13
    fix = " (--fix)" if rule.fixable else ""
    room = max(style.width - indent, 30)
    wrapped = wrap(rule.summary + fix, room)
    yield start + wrapped[0]
    for line in wrapped[1:]:
        yield " " * indent + line


def wrap(text: str, room: int) -> list[str]:
    """Lines of at most `room` characters, of words between which there is one space.

    `textwrap` takes a third of the time of the whole list.
    """
    words = text.split(" ")
    if max(map(len, words)) > room:
        import textwrap

        return textwrap.wrap(text, room, break_on_hyphens=False)
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) < room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def as_json(rules: Iterable[Rule]) -> str:
    """Every field of every rule."""
    data = {"version": VERSION, "rules": [as_data(rule) for rule in rules]}
    return json_text(data) + "\n"


def markdown(rules: Iterable[Rule], links: str = "") -> str:
    """A table a family; ids link to their pages below the folder `links`."""
    lines = ["# Rules"]
    for family, members in _families(rules):
        lines += [
            "",
            f"## {family}",
            "",
            "| rule | severity | in production | fix | what is wrong |",
        ]
        lines.append("|---|---|---|---|---|")
        for rule in members:
            fix = "`--fix`" if rule.fixable else ""
            name = f"[{rule.id}]({links}{rule.id}.md)"
            summary = rule.summary.replace("|", "\\|")
            usual = min(rule.severity, rule.by_default)
            production = "" if usual is rule.severity else rule.severity
            lines.append(f"| {name} | {usual} | {production} | {fix} | {summary} |")
    return "\n".join(lines) + "\n"


def _families(rules: Iterable[Rule]) -> Iterator[tuple[str, list[Rule]]]:
    members: dict[str, list[Rule]] = {family: [] for family in FAMILIES}
    for rule in rules:
        members[rule.family].append(rule)
    for family, found in members.items():
        if found:
            yield family, sorted(found, key=lambda rule: rule.id)
