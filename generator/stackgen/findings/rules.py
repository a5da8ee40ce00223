"""Every rule there is, from its page; no check is imported.

A checkout has the pages in docs/rules/. A wheel has an index instead, which hatch_build.py makes
from them.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from stackgen import paths
from stackgen.derived import ENDING, derived
from stackgen.findings.model import FAMILIES, Rule, RuleSource, Severity
from stackgen.findings.rule_page import parse
from stackgen.reading import listing, read_text

INDEX = "index.json"
OVERVIEW = "README.md"
_HERE = os.path.dirname(os.path.abspath(__file__))
_READERS = tuple(os.path.join(_HERE, f"{name}.py") for name in ("rules", "rule_page", "model"))


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
