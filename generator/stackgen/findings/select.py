"""Which rules count in a run, and what the run's exit code is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from fnmatch import fnmatchcase

from stackgen.errors import UsageError
from stackgen.findings.model import FAMILIES, Rule, Severity
from stackgen.record import record
from stackgen.spelling import did_you_mean

CLEAN, FOUND, USAGE = 0, 1, 2

ALL = "all"
_GLOB = frozenset("*?[")
# These say that something was not checked. A selection of other rules does not hide them.
NOT_CHECKED = frozenset((
    "rule-crashed", "rule-not-evaluated", "policy-not-evaluated", "schema-not-evaluated",
    "schema-yaml", "yaml-syntax", "yaml-limits",
))  # fmt: skip
# Each is compared with every rule. docs/reliability.md tells users the same figure.
MAX_GLOBS = 100


@record
class Selection:
    """The rules a run listens to: those selected (all, when none are named), less the ignored.

    A selector is a family (`tpu`), a rule id (`tpu-whole-host`), a glob over rule ids
    (`tpu-*`), or `all`. `ignore` wins over `select`.
    """

    rules: Mapping[str, Rule]
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    _selected: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False)

    def wants(self, rule: Rule) -> bool:
        """Whether `rule` is to be checked."""
        key = (rule.id, rule.family)
        known = self._selected.get(key)
        if known is None:
            chosen = not self.select or matches(self.select, rule)
            known = self._selected[key] = chosen and not matches(self.ignore, rule)
        return known

    def counts(self, rule: Rule) -> bool:
        """Whether a finding of `rule` is shown: also one that says what was not checked."""
        return self.wants(rule) or (rule.id in NOT_CHECKED and not matches(self.ignore, rule))

    def wants_id(self, rule_id: str) -> bool:
        """Whether findings of the rule called `rule_id` count; an unknown one is not wanted."""
        rule = self.rules.get(rule_id)
        return rule is not None and self.wants(rule)


def selection(
    rules: Mapping[str, Rule], select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> Selection:
    """A `Selection`; selectors may hold several, separated by commas.

    Raises UsageError for a selector that no rule answers to, and if `select` names no rule.
    """
    given = tuple(select)
    chosen = selectors(rules, given, "--select")
    if given and not chosen:
        raise UsageError("--select: names no rule; leave it out for all rules")
    return Selection(rules, chosen, selectors(rules, ignore, "--ignore"))


def selectors(rules: Mapping[str, Rule], given: Iterable[str], where: str) -> tuple[str, ...]:
    """`given` taken apart at commas, each one checked. `where` names the option in the error."""
    parts = (part.strip() for text in given for part in text.split(","))
    named = tuple(dict.fromkeys(part for part in parts if part))
    globs = sum(1 for selector in named if is_glob(selector))
    if globs > MAX_GLOBS:
        raise UsageError(f"{where}: holds {globs:,} globs; at most {MAX_GLOBS} are compared")
    return tuple(_checked(rules, selector, where) for selector in named)


def is_glob(selector: str) -> bool:
    """Whether it stands for all names that look like it."""
    return not _GLOB.isdisjoint(selector)


def matches(given: Iterable[str], rule: Rule) -> bool:
    """Whether one of the selectors names `rule`."""
    return any(
        s in (ALL, rule.family, rule.id) or (is_glob(s) and fnmatchcase(rule.id, s)) for s in given
    )


def _checked(rules: Mapping[str, Rule], selector: str, where: str) -> str:
    if selector == ALL or selector in FAMILIES or selector in rules:
        return selector
    if is_glob(selector):
        if any(fnmatchcase(rule_id, selector) for rule_id in rules):
            return selector
        raise UsageError(f'{where}: no rule matches "{selector}"; `stackgen rules` lists them')
    hint = did_you_mean(selector, (*rules, *FAMILIES)) or "; `stackgen rules` lists the rules"
    raise UsageError(f'{where}: "{selector}" is no rule and no family{hint}')


def severity(name: str) -> Severity:
    """The severity called `name` (error, warning or info)."""
    return Severity[name.upper()]


def exit_code(levels: Iterable[Severity], fail_on: Severity, documents: int) -> int:
    """0 clean, 1 something at or above the threshold, 2 when there was nothing to look at."""
    if any(level >= fail_on for level in levels):
        return FOUND
    return CLEAN if documents else USAGE
