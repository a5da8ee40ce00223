"""`stackgen explain`: rules, fields of the spec and runbooks."""

from __future__ import annotations

import os
import sys

import click

from stackgen.cli import complete
from stackgen.cli.output import say
from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.regex import regex
from stackgen.report.style import Style, style_for


@click.command()
@click.argument(
    "names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete.explained
)
def explain(names: tuple[str, ...]) -> None:
    """Explain a rule, a field of the spec or a runbook, or search them for words.

    \b
    stackgen explain tpu-lws-size
    stackgen explain spec.serving.models.replicas
    stackgen explain gateway-pending
    stackgen explain OOMKilled
    stackgen explain startup probe
    """
    style = style_for(sys.stdout, "auto", os.environ)
    say(explanation(" ".join(names).strip(), style))


_FIELD = regex(r"[A-Za-z]\w*(?:\[[^\]]*\])*(?:\.[A-Za-z][\w-]*(?:\[[^\]]*\])*)+")
_TELLING = regex(r"[\w.:/-]*\w{3}[\w.:/-]*")


def explanation(name: str, style: Style) -> str:
    """What there is to say about `name`. Raises UsageError when nothing is."""
    if not name:
        raise UsageError("name a rule, a field, a runbook, or words to search for")
    from stackgen.findings.rules import all_rules, one_rule
    from stackgen.report.rule_text import rule_text

    rule = one_rule(name)
    if rule is not None:
        return rule_text(rule, style)
    from stackgen.diagnose.runbooks import runbooks
    from stackgen.report.field_text import UnknownFieldError, field_text, find
    from stackgen.report.runbook_text import runbook_text
    from stackgen.report.topics import fields_about, rules_about, runbooks_about, topic_list
    from stackgen.spec.fields import shipped_schema
    from stackgen.spelling import did_you_mean

    try:
        return field_text(find(shipped_schema(), name), style)
    except UnknownFieldError as error:
        pages = runbooks()
        if name in pages:
            return runbook_text(pages[name], style)
        words = len(name.split())
        # Half of several words have to be there. Short ones are in nearly every text.
        telling = [word for word in name.split() if _TELLING.fullmatch(word)]
        tries = [(name, words)]
        if len(telling) > 1:
            most = min(len(telling), words - 1)
            tries += [(" ".join(telling), n) for n in range(most, (words - 1) // 2, -1)]
        for search, least in tries:
            books = runbooks_about(search, pages, least)
            rules = rules_about(search, all_rules().values(), least)
            fields = fields_about(search, shipped_schema(), least)
            if books or rules or fields:
                break
        lists = [*topic_list("Rules", rules, style), *topic_list("Fields", fields, style)]
        if least < words and (books or lists):
            said = f'No text has all words of "{visible(name)}". These have {least} of the {words}:'
            return "\n".join([said, "", *topic_list("Runbooks", books, style), *lists])
        if len(rules) == 1 and not books and not fields:
            return rule_text(all_rules()[rules[0].name], style)
        if len(books) == 1 and (books[0].rank or not lists):
            page = runbook_text(pages[books[0].name], style)
            return "\n".join([page, *lists]).rstrip("\n") + "\n"
        if books or lists:
            return "\n".join([*topic_list("Runbooks", books, style), *lists])
        if "." in name and _FIELD.fullmatch(name):
            raise UsageError(str(error)) from None
        hint = did_you_mean(name, [*all_rules(), *pages]) or "; `stackgen rules` lists the rules"
        raise UsageError(f'no rule, runbook or field is called "{name}"{hint}') from None
