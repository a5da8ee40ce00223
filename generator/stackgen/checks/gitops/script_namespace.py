"""`kubectl apply -n` in a script, of objects that name another namespace."""

from __future__ import annotations

import os
from collections.abc import Iterator

from stackgen.checks.composed import file_of
from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_list, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.schema.store import namespaced

# What may give the files another namespace.
_CHANGES = regex(r"\bsed\s+-i|\bedit\s+set\s+namespace\b|\byq\b.*\s-i\b")


def check(context: Context) -> Violations:
    """One finding for each command, with the first object that it refuses."""
    files: dict[str, list[Resource]] = {}
    for one in context.bundle.objects:
        files.setdefault(os.path.normpath(file_of(one)), []).append(one)
    indexes = {os.path.dirname(r.file): r for r in context.bundle.resources if r.index}
    for command in context.bundle.outside:
        space = text(command.get("spec", "namespace"))
        if command.kind != "Command" or command.get("spec", "folders") is None or not plain(space):
            continue
        if command.document is not None and _CHANGES.search(command.document.source.text):
            continue
        for named, there in _read(command, files, indexes):
            said = text(there.get("namespace") if there.index else there.namespace)
            if not said or said == space or not plain(said):
                continue
            if there.index or namespaced(there.group, there.kind):
                yield violation(
                    f"{visible(named)} sets namespace {said}, and the command {space}",
                    Place(command, ("spec", "namespace")),
                )
                break


def _read(
    command: Resource, files: dict[str, list[Resource]], indexes: dict[str, Resource]
) -> Iterator[tuple[str, Resource]]:
    """The objects of the files that a command names, and the kustomizations."""
    for name in as_list(command.get("spec", "filename")):
        for path in paths(command, name):
            inside = inside_of(path, files)
            yield from ((name, one) for one in inside)
            if inside:
                break
    for name in as_list(command.get("spec", "kustomize")):
        for path in paths(command, name):
            if path in indexes:
                yield name, indexes[path]
                break


def inside_of(path: str, files: dict[str, list[Resource]]) -> list[Resource]:
    """The objects of a file, or of the files of a folder."""
    return [
        one
        for file, objects in files.items()
        if file == path or os.path.dirname(file) == path
        for one in objects
    ]


def paths(command: Resource, name: str) -> Iterator[str]:
    """Where the file may be: from the folder of the script and those above, and where it goes."""
    if not plain(name) or os.path.isabs(name) or name == "-":
        return
    above = [os.path.dirname(command.file)]
    while above[-1]:
        above.append(os.path.dirname(above[-1]))
        if above[-1] == above[-2]:
            break
    for folder in above:
        for move in ("", *as_list(command.get("spec", "folders"))):
            yield os.path.normpath(os.path.join(folder, move, name))
