"""A Service or an InferencePool whose Pods serve different models."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, Pods, chain
from stackgen.checks.serving.provided import provided
from stackgen.checks.serving.served_names import ServedNames
from stackgen.escape import visible
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path


def check(context: Context) -> Violations:
    """One finding for each selector that matches servers without a common model."""
    links, served = chain(context), ServedNames(context)
    for one, path in _selectors(links.objects):
        wanted = as_dict(one.get(*path))
        if not wanted or provided(context).incomplete(one.resource):
            continue
        pods = links.selected(one.namespace, wanted)
        # Of the versions of an object in several files, the cluster has one.
        makers = {id(p.owner.resource): (p.owner.kind, p.owner.name) for p in pods}
        if len(set(makers.values())) < len(makers):
            continue
        known = [(p, names) for p in pods if served.runs(p) and (names := served.of([p]))]
        for other, names in known[1:]:
            first, common = known[0]
            if names.isdisjoint(common) and len(known) == len(pods):
                yield violation(
                    f"{one.kind} {one.name} selects Pods that serve {_shown(common)} "
                    f"({_owner(first)}) and Pods that serve {_shown(names)} ({_owner(other)})",
                    one.place(*path),
                    Place(other.owner.resource, ("metadata", "name"), note="the other server"),
                )
                break


def _selectors(objects: tuple[ApiObject, ...]) -> Iterator[tuple[ApiObject, Path]]:
    """Services and pools of the input, and where their selectors are."""
    for one in objects:
        if one.service is not None:
            continue
        if one.kind == "Service" and not one.group:
            yield one, ("spec", "selector")
        elif one.kind == "InferencePool" and one.group in POOL_GROUPS:
            matched: Path = ("spec", "selector", "matchLabels")
            yield one, matched if one.get(*matched) else ("spec", "selector")


def _shown(names: set[str]) -> str:
    return ", ".join(map(visible, sorted(names)))


def _owner(pods: Pods) -> str:
    return f"{pods.owner.kind} {pods.owner.name}"
