"""A delivery in a folder whose kustomization does not list its file."""

from __future__ import annotations

import os

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.application_sets import sources
from stackgen.facts.shape import as_dict, as_list, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_DELIVERIES = frozenset({"HelmRelease", "Application", "ApplicationSet", "Kustomization"})
_GROUPS = ("toolkit.fluxcd.io", "argoproj.io")
_SYNC = "gotk-sync.yaml"  # in the folder of `flux bootstrap`, all objects of Flux count
_LEAST = 2  # files that a kustomization lists, before one that it does not list is odd


def _is_own(one: Resource) -> bool:
    """Whether an object delivers the folder that it is in."""
    paths = [one.get("spec", "path")]
    for spec in (one.get("spec"), one.get("spec", "template", "spec")):
        paths += [source.get("path") for _, source in sources(as_dict(spec), ())]
    # A path is that in the repository, which the input may have in a folder.
    folder = f"/{os.path.dirname(one.file)}"
    own = [os.path.normpath(text(path)).lstrip("/") for path in paths if path]
    return any(path != "." and folder.endswith(f"/{path}") for path in own)


def check(context: Context) -> Violations:
    """One finding for each file, at its first delivery."""
    lists: dict[str, tuple[Resource, set[str]]] = {}
    mentioned = " ".join(repr(one.data) for one in context.bundle.resources if one.index)
    for index in context.bundle.resources:
        if index.index:
            files = {text(entry) for entry in as_list(index.get("resources"))}
            lists[os.path.dirname(index.file)] = index, {os.path.normpath(f) for f in files if f}
    deliveries = [
        one
        for one in (context.bundle.objects if lists else ())
        if one.group.endswith(_GROUPS)
        and (one.kind in _DELIVERIES or _SYNC in lists.get(os.path.dirname(one.file), (one, ()))[1])
    ]
    files = {os.path.normpath(one.file) for one in deliveries}
    # A folder that a delivery in it delivers, and that lists none: these are applied by hand.
    own = {os.path.dirname(one.file) for one in deliveries if _is_own(one)}
    said: set[str] = set()
    for one in deliveries:
        folder, name = os.path.split(one.file)
        index, listed = lists.get(folder, (one, set()))
        beside = [file for file in listed if "/" not in file and "." in file]
        if name in mentioned or _is_own(one):
            continue
        if folder in own and files.isdisjoint(os.path.join(folder, file) for file in listed):
            continue
        placed, given = text(index.get("namespace")), text(one.metadata.get("namespace"))
        if placed and given and placed != given:
            continue  # the kustomization would give it another namespace
        if len(beside) >= _LEAST and one.file not in said:
            said.add(one.file)
            yield violation(
                f"{visible(name)} with {one.kind} {visible(one.name)} is not among the resources "
                f"of {visible(os.path.basename(index.file))} in its folder",
                Place(one, ("kind",)),
                Place(index, ("resources",), key=True),
            )
