"""`stackgen explain RULE` or `stackgen explain spec.path`."""

from __future__ import annotations

import os
import sys

import click

from stackgen.cli.output import say
from stackgen.errors import UsageError
from stackgen.reading import read_text
from stackgen.report.style import Style, style_for


@click.command()
@click.argument("name")
def explain(name: str) -> None:
    """Explain a rule (tpu-whole-host) or a field of the spec (spec.serving.models.replicas)."""
    style = style_for(sys.stdout, "auto", os.environ)
    say(explanation(name, style))


def explanation(name: str, style: Style) -> str:
    """What there is to say about `name`. Raises UsageError when it is neither rule nor field."""
    from stackgen.findings.rules import all_rules
    from stackgen.report.field_text import UnknownFieldError, field_text, find
    from stackgen.report.rule_text import rule_text
    from stackgen.spelling import did_you_mean

    rules = all_rules()
    if name in rules:
        return rule_text(rules[name], style)
    try:
        return field_text(find(_schema(), name), style)
    except UnknownFieldError as error:
        if "." in name:
            raise UsageError(str(error)) from None
        hint = did_you_mean(name, rules) or "; `stackgen rules` lists the rules"
        raise UsageError(f'no rule and no field is called "{name}"{hint}') from None


def _schema() -> dict[str, object]:
    import json

    from stackgen import paths

    schema: dict[str, object] = json.loads(read_text(paths.schemas("stack.schema.json")))
    return schema
