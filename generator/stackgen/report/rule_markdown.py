"""What there is to say about a rule, as Markdown: the help of a SARIF rule."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.findings.model import Rule, RuleSource


def markdown(rule: Rule) -> str:
    """The summary, then a section each, under the headings of the rule's page."""
    parts = [rule.summary, *(f"## {title}\n\n{text}" for title, text in _sections(rule) if text)]
    return "\n\n".join(parts) + "\n"


def _sections(rule: Rule) -> Iterator[tuple[str, str]]:
    yield "Why", rule.why
    yield "In the cluster", rule.impact
    yield "Fix in a manifest", rule.remedy
    yield "Fix in stack.yaml", rule.remedy_in_stack
    yield "Fix by command", "Run `stackgen build --fix`." if rule.fixable else ""
    yield "Bad", f"```yaml\n{rule.bad.rstrip()}\n```" if rule.bad else ""
    yield "Good", f"```yaml\n{rule.good.rstrip()}\n```" if rule.good else ""
    yield "Sources", "\n".join(f"- {cited(source)}" for source in rule.sources)


def cited(source: RuleSource) -> str:
    """A source in one line, with the day it was read."""
    where = f", {source.url}" if source.url else ""
    return f"{source.what}{where}" + (f" (read {source.as_of})" if source.as_of else "")
