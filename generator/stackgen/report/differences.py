"""The parts of a report on an upgrade, as text and Markdown share them."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.findings.model import Fix
from stackgen.manifest.document import show_path
from stackgen.releases.uses import Use
from stackgen.report.review_text import title
from stackgen.review.model import RISKS, Consequence
from stackgen.review.show import object_name
from stackgen.rollout.words import summary as rollout_summary
from stackgen.upgrade.model import Judged, Upgrade
from stackgen.wording import counted

PLACES = 6  # of one difference

# Headings in order, with what is below each: whether it breaks, and the concern of the input.
SECTIONS = (
    ("Breaks, used here", "breaks", "yes"),
    ("Breaks, cannot be seen in manifests", "breaks", "unknown"),
    ("Changes, used here", "changes", "yes"),
    ("Changes, cannot be seen in manifests", "changes", "unknown"),
    ("Breaks, and the new rendering follows", "breaks", "rendered"),
    ("Changes, and the new rendering follows", "changes", "rendered"),
    ("Breaks, not used here", "breaks", "no"),
    ("Changes, not used here", "changes", "no"),
)
ALONE = (("Breaks", "breaks", "unknown"), ("Changes", "changes", "unknown"))
# Sections without places and help.
SHORT = ("rendered", "no")


def sections(one: Upgrade) -> tuple[tuple[str, str, str], ...]:
    """The headings: without an input, nothing is used."""
    return SECTIONS if one.outcome is not None else ALONE


def below(one: Upgrade, level: str, concern: str) -> list[Judged]:
    """The differences of a section."""
    return [x for x in one.changes if x.change.level == level and x.concern == concern]


def where(use: Use) -> str:
    """The object and the path that uses what differs."""
    resource = use.resource
    name = object_name(resource.kind or "file", resource.namespace, resource.name or resource.file)
    return f"{name} {show_path(use.path)}" if use.path else name


def places(judged: Judged) -> list[str]:
    """The places of a difference, the first ones when there are many."""
    more = len(judged.uses) - PLACES
    told = [where(use) for use in judged.uses[:PLACES]]
    return told + ([f"... and {counted(more, 'object')} more"] if more > 0 else [])


def sourced(judged: Judged) -> str:
    """Where a difference is from, and how sure it is."""
    change = judged.change
    status = f"; {change.status}" if change.status else ""
    return f"{change.source}, {change.as_of}{status}"


def risky(one: Upgrade) -> list[tuple[str, Consequence]]:
    """What the cluster does with the change of objects, the worst first, each with its object."""
    if one.review is None:
        return []
    found = [("", c) for c in one.review.general]
    found += [(title(change), c) for change in one.review.changes for c in change.consequences]
    told = [pair for pair in found if pair[1].risk in ("high", "medium")]
    return sorted(told, key=lambda pair: -RISKS.index(pair[1].risk))


def rollouts(one: Upgrade) -> Iterator[str]:
    """A line for each delivery that the upgrade touches."""
    if one.review is not None:
        yield from (rollout_summary(found) for found in one.review.rollouts)


def edit(fix: Fix) -> str:
    """A fix of the spec in one line."""
    path = show_path(fix.path)
    if fix.remove:
        return f"{fix.file}: remove {path}"
    if fix.rename:
        return f"{fix.file}: rename {path} to {fix.rename}"
    return f"{fix.file}: {path}: {fix.value}"


def verdict(one: Upgrade) -> str:
    """The last line: how much must be done."""
    if one.outcome is None:
        breaks = sum(x.change.level == "breaks" for x in one.changes)
        return f"{counted(breaks, 'breaking change')} of {counted(len(one.changes), 'difference')}"
    summary = one.outcome.summary
    return (
        f"{counted(len(one.breaking), 'breaking change')} here, "
        f"{counted(summary.errors, 'error')} and {counted(summary.warnings, 'warning')} by the "
        f"checks, {counted(len(one.edits), 'edit')}"
    )
