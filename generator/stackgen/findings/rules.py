"""Every rule there is, from its page, `docs/rules/<id>.md`; no check is imported.

A checkout has the pages in docs/rules/. A wheel has an index instead, which hatch_build.py makes
from them.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from stackgen import paths
from stackgen.derived import ENDING, derived
from stackgen.findings.model import FAMILIES, Confidence, Rule, RuleSource, Severity
from stackgen.reading import listing, read_text
from stackgen.record import record

# The page of a rule, read: `docs/rules/<id>.md` is the one home of a rule's words and attributes.
#
# A page is front matter, a title, the summary, and sections. CONTRIBUTING.md ("A rule") describes
# it. The front matter is a small part of YAML, so that a run reads every page in milliseconds:
# `key: value` on one line, and the list of sources. A value is plain text or a JSON string.

CONFIDENCES = ("high", "medium", "low")
# `example` says to the test of the pages what the code blocks are; see CONTRIBUTING.md.
ATTRIBUTES = {"family", "severity", "by_default", "confidence", "fixable", "example", "field"}
SECTIONS = (
    "Why", "In the cluster", "Fix in a manifest", "Fix in stack.yaml", "Bad", "Good",
)  # fmt: skip
_FENCE = "```"


class PageError(Exception):
    """A page that is not written as it must be."""


@record
class Page:
    """A page taken apart. sections: by heading, as written; the summary has the heading ""."""

    attributes: dict[str, str]
    sources: list[dict[str, str]]
    sections: dict[str, str]


def parse(rule_id: str, text: str) -> Rule:
    """The rule that the page says. Raises PageError."""
    try:
        return _rule(rule_id, split(rule_id, text))
    except (PageError, KeyError, TypeError, ValueError) as error:
        raise PageError(f"docs/rules/{rule_id}.md: {error!r}") from None


def split(rule_id: str, text: str) -> Page:
    """The parts of a page. Raises PageError."""
    attributes, sources, body = _front_matter(text)
    title, *parts = body.split("\n## ")
    heading, _, summary = title.strip().partition("\n")
    if heading != f"# {rule_id}":
        raise PageError(f"the title must be # {rule_id}")
    return Page(attributes, sources, {"": summary, **_sections(parts)})


def _rule(rule_id: str, page: Page) -> Rule:
    said, sections = page.attributes, page.sections
    family = said["family"]
    if family not in FAMILIES or said["confidence"] not in CONFIDENCES:
        raise PageError("the family or the confidence is not known")
    return Rule(
        id=rule_id,
        family=family,
        severity=Severity[said["severity"].upper()],
        summary=prose(sections[""]),
        impact=prose(sections["In the cluster"]),
        remedy=prose(sections.get("Fix in a manifest", "")),
        sources=tuple(RuleSource(**source) for source in page.sources),
        confidence=cast(Confidence, said["confidence"]),
        by_default=_by_default(said),
        bad=_example(sections.get("Bad", "")),
        good=_example(sections.get("Good", "")),
        why=prose(sections.get("Why", "")),
        fixable=said.get("fixable", "false") == "true",
        remedy_in_stack=prose(sections.get("Fix in stack.yaml", "")),
        field=said.get("field", ""),
    )


def _by_default(said: dict[str, str]) -> Severity:
    """The most that the rule's findings are in the profile `default`; no limit when not given."""
    if "by_default" not in said:
        return Severity.ERROR
    found = Severity[said["by_default"].upper()]
    if found >= Severity[said["severity"].upper()]:
        raise PageError("by_default is lower than severity")
    return found


def _front_matter(text: str) -> tuple[dict[str, str], list[dict[str, str]], str]:
    opening, _, rest = text.partition("---\n")
    header, closing, body = rest.partition("\n---\n")
    if opening or not closing:
        raise PageError("a page begins with front matter between two lines ---")
    attributes: dict[str, str] = {}
    sources: list[dict[str, str]] = []
    for line in header.split("\n"):
        key, colon, value = line.partition(":")
        if not colon:
            raise PageError(f"{line!r} is not a line of front matter")
        if key.startswith("  - "):
            sources.append({key[4:]: _scalar(value)})
        elif key.startswith("    ") and sources:
            sources[-1][key[4:]] = _scalar(value)
        elif key != "sources" or value:
            attributes[key] = _scalar(value)
    if not attributes.keys() <= ATTRIBUTES:
        raise PageError(f"{sorted(attributes.keys() - ATTRIBUTES)} are no keys of front matter")
    return attributes, sources, body


def _scalar(value: str) -> str:
    value = value.strip()
    return str(json.loads(value)) if value.startswith('"') else value


def _sections(parts: list[str]) -> dict[str, str]:
    found = {}
    for part in parts:
        name, _, content = part.partition("\n")
        if name not in SECTIONS or name in found:
            raise PageError(
                f"{name!r} is not a section, or there twice; the sections are {SECTIONS}"
            )
        found[name] = content
    return found


def prose(text: str) -> str:
    """Paragraphs without their line breaks, an empty line between two."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def blocks(section: str) -> Iterator[str]:
    """The code blocks of a section, as they stand between their fences."""
    inside, lines = False, list[str]()
    for line in section.split("\n"):
        if line.startswith(_FENCE):
            if inside:
                yield "".join(lines)
            inside, lines = not inside, []
        elif inside:
            lines.append(line + "\n")
    if inside:
        raise PageError("a code block has no end")


def _example(section: str) -> str:
    return "\n".join(blocks(section))


INDEX = "index.json"
OVERVIEW = "README.md"
_HERE = os.path.dirname(os.path.abspath(__file__))
_READERS = tuple(os.path.join(_HERE, f"{name}.py") for name in ("rules", "model"))


@lru_cache(maxsize=1)
def all_rules() -> Mapping[str, Rule]:
    """Every rule by its id, by family and id."""
    index, folder = paths.rules(INDEX), paths.rules()
    pages = [] if os.path.exists(index) else _pages(folder)
    name = index.removesuffix(ENDING)
    data = derived(name, (*_READERS, *pages), lambda: to_index(from_pages(folder)))
    return {rule.id: rule for rule in from_index(data)}


def one_rule(name: str) -> Rule | None:
    """The rule with this id, read from its page alone where there are pages."""
    page = paths.rules(f"{name}.md")
    if not name.islower() or "/" in name or not os.path.isfile(page):
        return all_rules().get(name) if os.path.exists(paths.rules(INDEX)) else None
    return parse(name, read_text(page))


def rule_named(name: str) -> Rule:
    """The rule called `name`, its id or the name of its module (`__name__`). Raises KeyError."""
    return all_rules()[rule_id(name)]


def rule_id(module: str) -> str:
    """The id of the rule whose module is called `module`."""
    return module.rpartition(".")[2].replace("_", "-")


def from_pages(folder: str) -> list[Rule]:
    """The rules whose pages are in `folder`, by family and id. Raises PageError."""
    found = [
        parse(os.path.basename(page).removesuffix(".md"), read_text(page))
        for page in _pages(folder)
    ]
    return sorted(found, key=lambda rule: (FAMILIES.index(rule.family), rule.id))


def _pages(folder: str) -> list[str]:
    names = (name for name in listing(folder) if name.endswith(".md") and name != OVERVIEW)
    return [os.path.join(folder, name) for name in names]


def to_index(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The index, which `from_index` reads: plain data."""
    return [as_data(rule) for rule in rules]


def from_index(index: Iterable[dict[str, Any]]) -> list[Rule]:
    """The rules of an index."""
    return [_of_data(data) for data in index]


def as_data(rule: Rule) -> dict[str, Any]:
    """Every field of a rule, as JSON has it."""
    data = {field.name: getattr(rule, field.name) for field in dataclasses.fields(rule)}
    data["severity"] = str(rule.severity)
    data["by_default"] = str(rule.by_default)
    data["sources"] = [
        {"what": source.what, "as_of": source.as_of, **({"url": source.url} if source.url else {})}
        for source in rule.sources
    ]
    return data


def _of_data(data: dict[str, Any]) -> Rule:
    return Rule(
        **{
            **data,
            "severity": Severity[data["severity"].upper()],
            "by_default": Severity[data["by_default"].upper()],
            "sources": tuple(RuleSource(**source) for source in data["sources"]),
        }
    )
