"""The checks of a run: found by the names of their files, imported when they are asked for.

`checks/<family>/<rule_id>.py` holds the check of the rule with that page, a function `check` from
`Context` (`SpecContext` in the family `spec`) to violations. In a large family it is in the folder
of its subject. `pass_<name>.py` holds one that yields the findings of several rules of its family.
Every other module is a helper.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from typing import cast

from stackgen import progress
from stackgen.cache import seen
from stackgen.checks import budget
from stackgen.checks.at_field import at_field
from stackgen.checks.context import Context
from stackgen.errors import UsageError
from stackgen.findings.model import FAMILIES, Family, Finding, Place, Rule
from stackgen.findings.rules import all_rules, rule_id, rule_named
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource, is_guessed
from stackgen.record import record

PACKAGE = __name__.rpartition(".")[0]
PASS = "pass-"
# They have another process work for them while other checks run.
AHEAD = ("pass-shipped",)
# They divide the objects among the shards themselves.
DIVIDED = ("pass-documents", "pass-shipped")
# The family that judges the spec, before there is a bundle.
NOT_ON_BUNDLES = "spec"
CRASHED = rule_named("rule-crashed")
NOT_EVALUATED = rule_named("rule-not-evaluated")


@record
class CheckModule:
    """A module with a check. id: that of its rule, or `pass-<name>`."""

    id: str
    family: Family
    module: str

    def findings(self, context: object) -> Iterator[Finding]:
        """What the check finds, imported here. A pass names the rules of its findings itself."""
        found = importlib.import_module(self.module).check(context)
        if not self.id.startswith(PASS):
            rule = rule_named(self.id)
            found = (violation.of(rule) for violation in found)
        for finding in map(_as_written, found):
            if not any(map(_is_unset, finding.places)) and not _is_guess(finding):
                yield at_field(finding, context) if finding.rule.field else finding


def _is_unset(place: Place) -> bool:
    """Whether it is where a chart has no value by default, so that another one will be there."""
    written = place.resource.written if place.resource is not None else None
    return written is not None and written.is_unset(place.path)


def _is_guess(finding: Finding) -> bool:
    """Whether it is about a chart, whose namespace is not known, and objects that are not of it."""
    resources = [place.resource for place in finding.places if place.resource is not None]
    return any(map(is_guessed, resources)) and len({one.file for one in resources}) > 1


def _as_written(finding: Finding) -> Finding:
    """The finding at the objects of the input, where it is in one that is put together of them."""
    if all(place.resource is None or _made_of(place.resource) is None for place in finding.places):
        return finding
    return dataclasses.replace(finding, places=tuple(map(_piece, finding.places)))


def _piece(place: Place) -> Place:
    while place.resource is not None and (made := _made_of(place.resource)) is not None:
        resource, path = made(place.path)
        place = dataclasses.replace(place, resource=resource, path=path)
    return place


def _made_of(resource: Resource) -> Callable[[Path], tuple[Resource, Path]] | None:
    return resource.pieces or resource.patched


@lru_cache(maxsize=1)
def check_modules() -> tuple[CheckModule, ...]:
    """Every module with a check, by family and id."""
    found = []
    top = os.path.dirname(os.path.abspath(__file__))
    for folder, inner, names in os.walk(top):
        inner[:] = [name for name in inner if name.isidentifier()]
        rooms = os.path.relpath(folder, top).split(os.sep)
        package = ".".join([PACKAGE, *rooms])
        for stem, extension in map(os.path.splitext, names):
            name = rule_id(stem)
            if extension != ".py":
                continue
            if name in all_rules():
                found.append(CheckModule(name, all_rules()[name].family, f"{package}.{stem}"))
            elif name.startswith(PASS):
                found.append(CheckModule(name, cast(Family, rooms[0]), f"{package}.{stem}"))
    return tuple(sorted(found, key=lambda one: (FAMILIES.index(one.family), one.id)))


def of_family(family: str) -> tuple[CheckModule, ...]:
    """The checks of a family."""
    return tuple(one for one in check_modules() if one.family == family)


def run(context: Context, wants: Callable[[Rule], bool] = lambda _: True) -> list[Finding]:
    """The findings of every check on the bundle that is for a rule in demand.

    A pass speaks for its whole family, so it runs when any rule of the family is wanted.
    """
    wanted = {rule.id for rule in all_rules().values() if wants(rule)}
    families = {all_rules()[name].family for name in wanted}
    asked = [
        one
        for number, one in enumerate(check_modules())
        if (one.id in DIVIDED or context.shard.has(number)) and one.family != NOT_ON_BUNDLES
        if (one.family in families if one.id.startswith(PASS) else one.id in wanted)
    ]
    findings: list[Finding] = []
    with budget.several(), ExitStack() as at_end:
        for one in asked:
            if one.id in AHEAD:
                progress.step(f"checking {one.id}")
                at_end.callback(_ahead(one, context))
        for one in asked:
            progress.step(f"checking {one.id}")
            findings.extend(guarded(one, context))
    return findings


def _ahead(one: CheckModule, context: Context) -> Callable[[], None]:
    """Begin a check; what ends it. One that cannot begin says so when it is its turn."""
    try:
        with budget.within(budget.SECONDS):
            end: Callable[[], None] = importlib.import_module(one.module).ahead(context)
            return end
    except (Exception, budget.BudgetExceeded):
        return lambda: None


def guarded(one: CheckModule, context: object, seconds: float = budget.SECONDS) -> list[Finding]:
    """What a check finds; when it is stopped or raises, what it had found and one finding more.

    seconds: how long the check may take.
    """
    found: list[Finding] = []
    try:
        with budget.within(seconds):
            found.extend(one.findings(context))
    except UsageError:  # an input that cannot be read, such as a schema of the user's
        raise
    except budget.BudgetExceeded:
        found.append(_of(NOT_EVALUATED, one, f"took longer than {seconds:g} s"))
    except RecursionError:
        found.append(_of(NOT_EVALUATED, one, "stopped at input that is nested too deeply"))
    except MemoryError:
        found.append(_of(NOT_EVALUATED, one, "ran out of memory"))
    except Exception as error:  # a broken rule must not hide the others
        found.append(_of(CRASHED, one, f"raised {type(error).__name__}: {error}"))
    return found


def _of(rule: Rule, one: CheckModule, what: str) -> Finding:
    """A finding about a check, which counts with the family of the check.

    Another run may have more time or memory.
    """
    seen.spoil()
    return dataclasses.replace(rule, family=one.family).finding(
        f"the check {one.id} {what}", Place()
    )
