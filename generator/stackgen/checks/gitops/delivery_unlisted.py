"""A delivery in a folder whose kustomization does not list its file."""

from __future__ import annotations

import os

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_list, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_DELIVERIES = frozenset({"HelmRelease", "Application", "ApplicationSet", "Kustomization"})
_GROUPS = ("toolkit.fluxcd.io", "argoproj.io")
_LEAST = 2  # files that a kustomization lists, before one that it does not list is odd


def check(context: Context) -> Violations:
    """One finding for each file, at its first delivery."""
    lists: dict[str, tuple[Resource, set[str]]] = {}
    mentioned = " ".join(repr(one.data) for one in context.bundle.resources if one.index)
    for index in context.bundle.resources:
        if index.index:
            files = {text(entry) for entry in as_list(index.get("resources"))}
            lists[os.path.dirname(index.file)] = index, {os.path.normpath(f) for f in files if f}
    said: set[str] = set()
    for one in context.bundle.objects if lists else ():
        folder, name = os.path.split(one.file)
        index, listed = lists.get(folder, (one, set()))
        beside = [file for file in listed if "/" not in file and "." in file]
        if one.kind not in _DELIVERIES or not one.group.endswith(_GROUPS) or name in mentioned:
            continue
        delivered = text(one.get("spec", "source", "path") or one.get("spec", "path"))
        if folder and os.path.normpath(delivered) == folder:
            continue  # it delivers its own folder, and is applied by hand
        if len(beside) >= _LEAST and one.file not in said:
            said.add(one.file)
            yield violation(
                f"{visible(name)} with {one.kind} {visible(one.name)} is not among the resources "
                f"of {visible(os.path.basename(index.file))} in its folder",
                Place(one, ("kind",)),
                Place(index, ("resources",), key=True),
            )
