"""What there is to say about a rule, as Markdown: docs/rules/, SARIF help, `stackgen rules`."""

from __future__ import annotations

from stackgen.findings.model import Rule

NOTE = "<!-- Generated from the rules by python -m stackgen.report.rule_docs --write. -->"


def markdown(rule: Rule) -> str:
    """The page of a rule without its title."""
    parts = [rule.summary]
    if rule.why:
        parts.append(f"## Why\n\n{rule.why}")
    parts.append(f"## In the cluster\n\n{rule.impact}")
    if rule.bad:
        parts.append(f"## Found in\n\n```yaml\n{rule.bad.rstrip()}\n```")
    if rule.good:
        parts.append(f"## Write instead\n\n```yaml\n{rule.good.rstrip()}\n```")
    fix = "\n\n`stackgen build --fix` does it." if rule.fixable else ""
    parts.append(f"## Help\n\n{rule.remedy}{fix}")
    parts.append(f"## Source\n\n{rule.source}")
    return "\n\n".join(parts) + "\n"


def page(rule: Rule) -> str:
    """The file docs/rules/<id>.md."""
    facts = (
        f"| family | severity | confidence | fix |\n|---|---|---|---|\n"
        f"| `{rule.family}` | {rule.severity} | {rule.confidence} "
        f"| {'`--fix`' if rule.fixable else 'by hand'} |"
    )
    suppress = (
        "## Accept it\n\n"
        f"On the line: `# stackgen: ignore[{rule.id}] reason`, or in the spec:\n\n"
        f"```yaml\nsuppress:\n  - {{rule: {rule.id}, object: KIND/NAME, reason: why}}\n```"
    )
    return f"{NOTE}\n\n# {rule.id}\n\n{facts}\n\n{markdown(rule)}\n{suppress}\n"
