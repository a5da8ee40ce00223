"""What there is to say about a rule, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.findings.model import Rule
from stackgen.report.rule_markdown import cited
from stackgen.report.style import Style
from stackgen.table import wrapped


def rule_text(rule: Rule, style: Style) -> str:
    """All that the page of a rule says, and how to accept a finding."""
    mark = f"{rule.severity}[{rule.id}]"
    facts = f"family {rule.family}, confidence {rule.confidence}"
    if rule.fixable:
        facts += ", fixable with --fix"
    head = [style.paint("bold", x) for x in wrapped(rule.summary, style.width, f"{mark} ", "  ")]
    head[0] = head[0].replace(mark, style.paint(rule.severity.ink, mark), 1)
    lines = [*head, facts]
    lines += _prose("Why", rule.why, style)
    lines += _prose("In the cluster", rule.impact, style)
    lines += _prose("Fix in a manifest", rule.remedy, style)
    lines += _prose("Fix in stack.yaml", rule.remedy_in_stack, style)
    lines += _example("Bad", rule.bad, style)
    lines += _example("Good", rule.good, style)
    accept = f"# stackgen: ignore[{rule.id}] the reason"
    lines += _example("Suppress at the end of the line", accept, style)
    lines += _prose("Sources", "\n\n".join(map(cited, rule.sources)), style)
    return "\n".join(lines) + "\n"


def _prose(title: str, text: str, style: Style) -> Iterator[str]:
    if text:
        yield ""
        yield style.paint("bold", title)
        for paragraph in text.split("\n\n"):
            yield from wrapped(paragraph, style.width, "  ")


def _example(title: str, text: str, style: Style) -> Iterator[str]:
    if text:
        yield ""
        yield style.paint("bold", title)
        for line in text.rstrip().splitlines():
            yield f"    {line}".rstrip()
