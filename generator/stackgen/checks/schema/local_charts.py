"""Values that deliveries, scripts and Terraform give to charts that are folders of the input.

Only the command line knows which folders were read, so it calls this; rules read no disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache

from stackgen.facts.chart_sources import ChartValues, chart_values
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.manifest.chart_reads import CHART, mapping
from stackgen.manifest.chart_tree import Tree, tree_of
from stackgen.manifest.chart_values import mistyped, unread
from stackgen.manifest.document import show_path
from stackgen.manifest.helm import chart_of
from stackgen.manifest.resource import Bundle
from stackgen.regex import regex

_VARIABLE = regex(r"\A\$\{?[\w.]+\}?/+")
_PLAIN = regex(r"[\w./@+-]+\Z")


def findings(bundle: Bundle, paths: Sequence[str]) -> Iterator[Finding]:
    """One finding for each value. paths: of files and folders that were read."""
    tops = [os.path.normpath(path) for path in paths if os.path.isdir(path)]
    tree = cache(tree_of)
    told: set[tuple[object, ...]] = set()
    all_given = [(given, _folder(given, tops)) for given in chart_values(bundle)]
    readers: dict[str, set[str]] = {}
    for given, chart in all_given:
        if not given.base:
            readers.setdefault(given.holder.file, set()).add(chart)
    for given, chart in all_given:
        # A file in the chart is compared where it is read.
        if not chart or (not given.base and chart_of(given.holder.file) == chart):
            continue
        # What one chart does not read of a shared file, another one does.
        others = () if given.base else readers[given.holder.file] - {chart}
        trees = [tree(other) if other else None for other in sorted(others)]
        for finding in _compared(given, chart, tree(chart), trees):
            fact = (given.holder.file, given.base, finding.message)
            if fact not in told:
                told.add(fact)
                yield finding


def _compared(
    given: ChartValues, chart: str, tree: Tree, others: Sequence[Tree | None]
) -> Iterator[Finding]:
    """others: of the further charts that read the same file; None for one that is not here."""
    if not tree.values:
        return
    found = list(unread(given.values, tree.values, tree.words))
    for other in others:
        known = other is not None and other.values
        unused = unread(given.values, other.values, other.words) if other and known else ()
        paths = {one.path for one in unused}
        found = [one for one in found if one.path in paths]
    if 1 < len(given.values) == sum(len(one.path) == 1 for one in found):
        return  # values of another chart
    depends = bool(mapping(os.path.join(chart, CHART)).get("dependencies"))
    for one in found:
        if one.path[0] == "global" and depends:
            continue  # the templates of dependencies read global values, too
        yield rule_named("helm-value-unread").finding(
            f"no template of the chart {chart} reads {show_path(one.path)}{one.hint}",
            given.place(one.path, key=True),
        )
    for wrong in mistyped(given.values, tree.values, tree.checked):
        yield rule_named("helm-value-invalid").finding(
            f"{show_path(wrong.path)} {wrong.said}", given.place(wrong.path)
        )


def _folder(given: ChartValues, tops: Sequence[str]) -> str:
    """The folder of the chart, if it is in the input."""
    path = _VARIABLE.sub("", given.local)
    if not _PLAIN.match(path):
        return ""
    here = os.path.dirname(given.by.file)
    # Scripts and helmfiles are run in their folder or above it; a repository has its own top.
    places = [here, *(top for top in tops)]
    while here and any(os.path.commonpath((top, here)) == top != here for top in _like(tops, here)):
        here = os.path.dirname(here)
        places.append(here)
    for place in places:
        folder = os.path.normpath(os.path.join(place, path.lstrip("/")))
        inside = any(top == "." or f"{folder}/".startswith(f"{top}/") for top in tops)
        if inside and os.path.isfile(os.path.join(folder, CHART)):
            return folder
    return ""


def _like(tops: Sequence[str], here: str) -> list[str]:
    """The folders that are absolute if the other one is."""
    return [top for top in tops if os.path.isabs(top) == os.path.isabs(here) and top != "."]
