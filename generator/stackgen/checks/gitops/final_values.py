"""Which values of objects no kustomization of the input changes."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.gitops.kustomization_unmatched import Made, folders
from stackgen.facts.shape import at
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource


def is_final(context: Context, resource: Resource, path: Path) -> bool:
    """Whether all that the input makes of an object has the value of its file at a path."""
    made = context.once(_made).get(id(resource), [])
    value = resource.get(*path)
    return bool(made) and all(at(one.data, *path) == value for one in made)


def _made(context: Context) -> dict[int, list[Made]]:
    """What the kustomizations that no other contains make, by the object of the file."""
    found: dict[int, list[Made]] = {}
    for folder in context.once(folders):
        for one in folder.made if folder.top else ():
            found.setdefault(id(one.resource), []).append(one)
    return found
