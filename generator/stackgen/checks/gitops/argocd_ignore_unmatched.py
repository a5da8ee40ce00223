"""Differences that an Application ignores, of kinds or objects that there are not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.checks.composed import together
from stackgen.checks.context import Context
from stackgen.checks.rollout.view import simulated
from stackgen.escape import visible
from stackgen.facts.application_sets import sources
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.rollout.argocd import GROUP
from stackgen.schema.engine import BUILT_IN
from stackgen.schema.store import manifest

_HOSTS: tuple[tuple[str, Path], ...] = (
    ("Application", ("spec",)), ("ApplicationSet", ("spec", "template", "spec")),
)  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each entry."""
    for kind, base in _HOSTS:
        for one in context.bundle.of_kind(kind, GROUP):
            for i, entry in maps(one.get(*base, "ignoreDifferences")):
                path = (*base, "ignoreDifferences", i)
                found = _wrong(entry) or _absent(context, one, base, entry)
                if found:
                    yield violation(found[1], Place(one, (*path, *found[0])))


def _wrong(entry: Mapping[str, Any]) -> tuple[Path, str] | None:
    """A kind of Kubernetes in a group that does not have it, or a path that is none."""
    kind, group = text(entry.get("kind")), text(entry.get("group"))
    groups = _groups(kind)
    # The group of another project may have a kind of the same name.
    if groups and group not in groups and plain(group) and not {"*", "."} & {*group}:
        has = " or ".join(one or 'the core group, ""' for one in sorted(groups))
        return ("kind",), f'group "{visible(group)}" has no kind {kind}; it is in {has}'
    for j, pointer in enumerate(as_list(entry.get("jsonPointers"))):
        if isinstance(pointer, str) and pointer and not pointer.startswith(("/", "{", "$")):
            return ("jsonPointers", j), f"the JSON pointer {visible(pointer)} does not begin with /"
    return None


@cache
def _groups(kind: str) -> frozenset[str]:
    """The groups that have a built-in kind, with those of other projects; empty for others."""
    rows = [row for versions in manifest().values() for row in versions.values()]
    found = [row for row in rows if row.kind == kind]
    built_in = any(row.project == BUILT_IN for row in found)
    return frozenset(row.group for row in found) if built_in else frozenset()


def _absent(
    context: Context, one: Resource, base: Path, entry: Mapping[str, Any]
) -> tuple[Path, str] | None:
    """A name that no object of the kind has, of those that the Application applies."""
    name, kind = text(entry.get("name")), text(entry.get("kind"))
    objects = _applied(context, one)
    folders_only = all(
        as_dict(source).get("path") and not as_dict(source).get("helm")
        for _, source in sources(as_dict(one.get(*base)), base)
    )
    if not name or not objects or not folders_only or not plain(name) or "*" in name + kind:
        return None
    names = {x.name for x in objects if (x.kind, x.group) == (kind, text(entry.get("group")))}
    worlds = (together(context, x) for x in objects)
    if not names or name in names or any(world is None or world.open for world in worlds):
        return None
    listed = ", ".join(sorted(map(visible, names))[:3])
    return ("name",), f"the source has no {kind} {visible(name)}; it has {listed}"


def _applied(context: Context, one: Resource) -> list[Resource]:
    """The objects that the Application applies; none if some are not known."""
    steps = [
        step for found in simulated(context) for step in found.order.steps if step.resource is one
    ]
    return [] if any(step.remote for step in steps) else [x for s in steps for x in s.applies]
