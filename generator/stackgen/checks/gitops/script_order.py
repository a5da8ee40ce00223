"""A script that applies objects before it installs the definitions of their kinds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.composed import file_of
from stackgen.checks.context import Context
from stackgen.checks.gitops.definitions_not_installed import projects
from stackgen.checks.gitops.script_namespace import inside_of, paths
from stackgen.escape import visible
from stackgen.facts.shape import as_list, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.manifest.shell import SUFFIXES
from stackgen.record import record
from stackgen.regex import regex
from stackgen.rollout.applied import Folders

# Functions run in another order than they are written. Other commands bring definitions, too.
_FUNCTION = regex(r"(?m)^[ \t]*(?:function[ \t]+[\w-]+|[\w-]+[ \t]*\(\))[ \t(){]*$")
_INSTALLS = regex(
    r"\bhelmfile|\bflux (?:bootstrap|install)|\bistioctl|\bterraform apply|\bmake "
    r"|\bargocd (?:app|admin)"
)
_AGAIN = regex(r"(?:\A|[;&|]|\bdo\b)\s*(?:until|while|if|for|!)\s|\|\|")
_WAITS = regex(r"\bkubectl\b.*\b(?:wait|rollout)\b|\bsleep\b|\bcmctl\b|\buntil\b|--wait\b")
_URL = regex(r"https?://|github\.com/")


@record
class Line:
    """A command of a script. brings: the names of projects of which it installs the definitions.

    uses: what it applies of the input, with the name by which the command has it.
    """

    number: int
    command: Resource
    brings: frozenset[str]
    by_url: bool
    uses: tuple[tuple[str, Resource], ...]


def check(context: Context) -> Violations:
    """One finding for each script and project."""
    scripts: dict[str, list[Resource]] = {}
    for one in context.bundle.outside:
        if one.kind in ("Apply", "HelmInstall") and one.file.endswith(SUFFIXES):
            scripts.setdefault(one.file, []).append(one)
    files: dict[str, list[Resource]] = {}
    for one in context.bundle.objects if scripts else ():
        files.setdefault(os.path.normpath(file_of(one)), []).append(one)
    folders = Folders(context.bundle.resources) if scripts else None
    for commands in scripts.values():
        document = commands[0].document
        written = document.source.text if document is not None else ""
        if folders is not None and not _FUNCTION.search(written):
            lines = [_line(one, files, folders) for one in commands]
            whole = not _INSTALLS.search(written)
            for row in projects():
                yield from _of_project(row, lines, written.split("\n"), whole=whole)


def _of_project(
    row: Mapping[str, Any], lines: list[Line], written: list[str], *, whole: bool
) -> Violations:
    installed = [one for one in lines if row["name"] in one.brings]
    for line in lines if installed else ():
        used = [(name, one) for name, one in line.uses if one.group in row["groups"]]
        if not used or _AGAIN.search(written[line.number - 1]):
            continue
        name, resource = used[0]
        before = [one for one in installed if one.number < line.number]
        if not before and whole:
            later = installed[0]
            yield violation(
                f"{visible(name)} has {resource.kind} {resource.name}, and line {later.number} "
                f"installs {row['name']} only after this command",
                Place(line.command, ()),
                Place(later.command, (), note=f"installs {row['name']}"),
            )
        elif before and row.get("webhook") and before[-1].by_url:
            between = written[before[-1].number : line.number]
            if not any(map(_WAITS.search, between)):
                yield violation(
                    f"{visible(name)} has {resource.kind} {resource.name}, and the script does not "
                    f"wait for the webhook of {row['name']}, which line {before[-1].number} "
                    "installs",
                    Place(line.command, ()),
                    Place(before[-1].command, (), note=f"installs {row['name']}"),
                )
        return


def _line(command: Resource, files: dict[str, list[Resource]], folders: Folders) -> Line:
    mark = command.document.marks().at(()) if command.document is not None else None
    number = mark.line if mark is not None else 0
    if command.kind == "HelmInstall":
        chart = text(command.get("spec", "chart"))
        brings = frozenset(row["name"] for row in projects() if chart in row["charts"])
        return Line(number, command, brings, False, ())
    named = [*map(str, as_list(command.get("spec", "filename")))]
    named += map(str, as_list(command.get("spec", "kustomize")))
    urls = [one for one in named if _URL.search(one)]
    brings = frozenset(
        row["name"] for row in projects() if any(re.search(row["published"], one) for one in urls)
    )
    return Line(number, command, brings, bool(urls), tuple(_uses(command, named, files, folders)))


def _uses(
    command: Resource, named: list[str], files: dict[str, list[Resource]], folders: Folders
) -> Iterator[tuple[str, Resource]]:
    """The objects of the input that a command applies."""
    whole = set(map(str, as_list(command.get("spec", "kustomize"))))
    for name in named:
        for path in paths(command, name):
            found = folders.below(path) or () if name in whole else inside_of(path, files)
            yield from ((name, one) for one in found)
            if found:
                break
