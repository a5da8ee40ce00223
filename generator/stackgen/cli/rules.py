"""`stackgen rules`: every rule there is."""

from __future__ import annotations

import os
import sys

import click

from stackgen.cli.option import one_of, repeated
from stackgen.cli.output import say


@click.command()
@one_of("--output-format", ("text", "json", "markdown"), "Output format.")
@repeated("--select RULES", "Only these rules.")
def rules(output_format: str, select: tuple[str, ...]) -> None:
    """List the rules by family."""
    from stackgen.findings.rules import all_rules
    from stackgen.findings.select import selection
    from stackgen.report import rule_list
    from stackgen.report.style import style_for

    known = all_rules()
    wanted = selection(known, select)
    chosen = [rule for rule in known.values() if wanted.wants(rule)]
    if output_format == "json":
        text = rule_list.as_json(chosen)
    elif output_format == "markdown":
        text = rule_list.markdown(chosen)
    else:
        text = rule_list.text(chosen, style_for(sys.stdout, "auto", os.environ))
    say(text)
