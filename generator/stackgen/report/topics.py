"""What `explain` finds by words: runbooks, rules, and fields of the spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from stackgen.diagnose.runbooks import Runbook
from stackgen.findings.model import Rule
from stackgen.record import record
from stackgen.report.field_text import Field, fields
from stackgen.report.style import Style
from stackgen.table import table

_MOST = 12  # of each kind in a list


@record
class Topic:
    """One thing that `explain` explains. rank: the words in its name count twice, in its summary
    once, and those elsewhere in its text not.
    """

    name: str
    summary: str
    rank: int


def rules_about(words: str, rules: Iterable[Rule], least: int) -> list[Topic]:
    """The rules whose pages contain `least` of `words`, best first."""
    return _found(
        words,
        (
            (rule.id, rule.summary, " ".join((rule.family, rule.impact, rule.remedy,
             rule.remedy_in_stack, rule.why)))
            for rule in rules
        ),
        least,
    )  # fmt: skip


def runbooks_about(words: str, pages: Mapping[str, Runbook], least: int) -> list[Topic]:
    """The runbooks whose signs or texts contain `least` of `words`, best first."""
    texts = []
    for page in pages.values():
        signs = (x for sign in page.signs for x in (*sign.fields.values(), *sign.message))
        near = f"{page.summary} {' '.join(signs)}"
        texts.append((page.id, near, " ".join(page.sections.values())))
    return [replace(x, summary=pages[x.name].summary) for x in _found(words, texts, least)]


def fields_about(words: str, schema: dict[str, Any], least: int) -> list[Topic]:
    """The fields of the spec whose path, text or values contain `least` of `words`, best first."""
    return _found(words, ((f.path, _sentence(f), _values(f)) for f in fields(schema)), least)


def topic_list(title: str, found: list[Topic], style: Style) -> list[str]:
    """The lines of a list, the best first, under its title; none for nothing.

    What only mentions the words is counted, if there is something about them.
    """
    if not found:
        return []
    shown = ([one for one in found if one.rank] or found)[:_MOST]
    lines = table(("", ""), [(one.name, one.summary) for one in shown], width=style.width - 2)
    left = len(found) - len(shown)
    more = [f"  and {left} more"] if left else []
    return [style.paint("bold", title), *(f"  {line}" for line in lines if line), *more, ""]


def _found(words: str, texts: Iterable[tuple[str, str, str]], least: int) -> list[Topic]:
    wanted = words.lower().split()
    topics = []
    for name, summary, rest in texts:
        named = f"{name} {name.replace('-', ' ')}".lower()
        near = summary.lower()
        whole = f"{named} {near} {rest}".lower()
        if sum(word in whole for word in wanted) >= least:
            rank = sum(2 if word in named else word in near for word in wanted)
            topics.append(Topic(name, summary, rank))
    return sorted(topics, key=lambda one: (-one.rank, one.name))


def _sentence(field: Field) -> str:
    """The first sentence of the description."""
    text = " ".join(str(field.schema.get("description", "")).split())
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


def _values(field: Field) -> str:
    """The whole description, and the values that are allowed."""
    item = field.schema.get("items", {})
    return " ".join(
        str(text)
        for schema in (field.schema, item)
        for text in (schema.get("description", ""), *schema.get("enum", ()))
    )
