"""A chart that does not bring the definitions of its kinds, and nothing else that does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.chart_sources import ChartValues, chart_values
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.shape import at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.shipped import shipped

_INSTALLING = ("HelmRelease", "Application", "ApplicationSet")


def check(context: Context) -> Violations:
    """One finding for each chart whose values are all in the input."""
    for row in (one for one in projects() if "switches" in one):
        charts = [one for one in installs(context.bundle) if one.parts[0].chart == row["charts"][0]]
        for one in charts if len(charts) == 1 and not _elsewhere(context, row) else ():
            given = [at(one.values, *path) for path in row["switches"]]
            if one.complete and not _on(given, default=row["default"]):
                yield from _off(context, row, one)
    for row in (one for one in projects() if "program" in one):
        program = [one for one in chart_values(context.bundle) if one.chart in row["program"]]
        used = next(_of_groups(context, row), None)
        if program and used is not None and not _elsewhere(context, row):
            yield violation(
                f"chart {program[0].chart} brings no definitions, and nothing else in the input "
                f"has those of {row['name']}; chart {row['charts'][0]} has them",
                _named(program[0]),
                used,
            )


def _named(given: ChartValues) -> Place:
    """The object that installs a chart."""
    by = given.by
    path: Path = ("metadata", "name") if by.metadata and not by.base else ()
    return Place(by, path if by.kind in _INSTALLING else ())


def _off(context: Context, row: Mapping[str, Any], one: Install) -> Violations:
    path = next((p for p in row["switches"] if at(one.values, *p) is not None), None)
    first = row["switches"][0]
    by = one.parts[0].by
    object_ = next(_of_groups(context, row), None)
    yield violation(
        f"chart {row['charts'][0]} brings no definitions: {'.'.join(path or first)} is "
        f"{'false' if path else 'not set'}, and nothing else in the input has them",
        one.place(*path) if path else Place(by, ("metadata", "name") if by.metadata else ()),
        *([object_] if object_ is not None else []),
    )


def _on(given: list[Any], *, default: bool) -> bool:
    """Whether one of the values turns the definitions on; a value that is filled in may."""
    set_ = [value for value in given if value is not None]
    return any(value is not False for value in set_) if set_ else default


def _of_groups(context: Context, row: Mapping[str, Any]) -> Iterator[Place]:
    for one in context.bundle.objects:
        if one.group in row["groups"]:
            yield Place(one, ("kind",), note="one of its kinds")


def _elsewhere(context: Context, row: Mapping[str, Any]) -> bool:
    """Whether something else may bring the definitions."""
    bundle = context.bundle.part_of or context.bundle
    for one in bundle.of_kind("CustomResourceDefinition"):
        if text(one.get("spec", "group")) in row["groups"]:
            return True
    names = {one.chart for one in chart_values(bundle)}
    first, *others = row["charts"]
    if "program" in row:
        others = row["charts"]
    if any(name in others or ("crd" in name and first in name) for name in names):
        return True
    # A chart of the same folder, or a whole other program, may have the definitions.
    said = [repr(one.data) for one in bundle.resources if one.index or _delivers(one.group)]
    files = {one.document.source.text for one in bundle.outside if one.document is not None}
    settings = (repr(one.data) for one in bundle.settings)
    pattern = re.compile(row["elsewhere"])
    return any(pattern.search(one) for one in (*said, *files, *settings))


def _delivers(group: str) -> bool:
    return group.endswith("toolkit.fluxcd.io") or group == "argoproj.io"


@cache
def projects() -> list[dict[str, Any]]:
    """The rows of definitions.yaml."""
    found: list[dict[str, Any]] = shipped(__file__, "definitions.yaml")["projects"]
    return found
