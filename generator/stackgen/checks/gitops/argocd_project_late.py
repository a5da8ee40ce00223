"""An Application of a project that only the Application itself creates."""

from __future__ import annotations

import os
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.facts.application_sets import sources
from stackgen.facts.shape import as_dict, as_list, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.own_repository import of_another
from stackgen.manifest.resource import Resource
from stackgen.rollout import argocd
from stackgen.rollout.applied import Folders

_BUILT_IN = "default"


def check(context: Context) -> Violations:
    """One finding for each Application whose project is only in what it delivers."""
    projects: dict[str, list[Resource]] = {}
    for project in context.bundle.of_kind("AppProject", argocd.GROUP):
        projects.setdefault(project.name, []).append(project)
    applications = list(context.bundle.of_kind("Application", argocd.GROUP)) if projects else []
    if not applications:
        return
    folders = Folders(context.bundle.resources)
    folders.settle(argocd.paths(folders))
    applied = list(_applied(context))
    for app in applications:
        name = text(app.get("spec", "project"))
        named = projects.get(name, []) if name != _BUILT_IN else []
        paths = [
            text(one.get("path"))
            for _, one in sources(as_dict(app.get("spec")), ("spec",))
            if not of_another(one, folders.repository)
        ]
        delivered = {id(r) for path in paths if path for r in folders.below(path) or ()}
        inside = [project for project in named if id(project) in delivered]
        by_hand = any(_covers(path, project.file) for project in named for path in applied)
        if inside and not by_hand and id(app) not in delivered:
            yield violation(
                f"project {name} does not exist before Application {app.name} creates it",
                Place(app, ("spec", "project")),
                Place(inside[0], ("metadata", "name"), note="which the Application delivers"),
            )


def _applied(context: Context) -> Iterator[str]:
    """The files and folders that scripts apply."""
    for one in context.bundle.outside:
        if one.kind == "Apply":
            for word in ("filename", "kustomize"):
                yield from map(text, as_list(one.get("spec", word)))


def _covers(path: str, file: str) -> bool:
    """Whether a path of a command is the file, or a folder that it lies in."""
    wanted = os.path.normpath(path).lstrip("./") if path else ""
    return bool(wanted) and f"/{wanted}/" in f"/{file}/"
