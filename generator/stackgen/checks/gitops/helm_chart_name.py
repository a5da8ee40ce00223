"""A chart that is named as `helm install` names it, or almost as its repository names it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.application_sets import sources, specs
from stackgen.facts.chart_sources import ChartValues, chart_values
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violation, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.spelling import close

_HTTP = ("https://", "http://")
# Of two names that differ in a letter or two; names of other charts differ in a word.
_ALIKE = 0.93
# Where the kinds that install charts have the name.
_PATHS: dict[str, Path] = {
    "HelmRelease": ("spec", "chart", "spec", "chart"),
    "HelmInstall": ("spec", "chart"),
    "Application": ("spec", "source", "chart"),
    "ApplicationSet": ("spec", "template", "spec", "source", "chart"),
}


def check(context: Context) -> Violations:
    """HelmReleases of repositories in the input, and Applications."""
    for release in context.bundle.of_kind("HelmRelease", "helm.toolkit.fluxcd.io"):
        path: Path = ("spec", "chart", "spec", "chart")
        ref = as_dict(release.get("spec", "chart", "spec", "sourceRef"))
        space = text(ref.get("namespace")) or release.namespace
        kind, name = text(ref.get("kind")), text(ref.get("name"))
        for source in context.bundle.named("HelmRepository", space, name):
            if kind == source.kind:
                yield from _named(release, path, text(source.get("spec", "url")))
    for application in context.bundle.of_kind("Application", "argoproj.io"):
        bases: list[Path] = [("spec", "source")]
        bases += [("spec", "sources", i) for i, _ in maps(application.get("spec", "sources"))]
        for base in bases:
            url = text(application.get(*base, "repoURL"))
            yield from _named(application, (*base, "chart"), url)
    for several in context.bundle.of_kind("ApplicationSet", "argoproj.io"):
        yield from _of_set(context, several)
    told = set()
    for given in chart_values(context.bundle):
        fact = (given.by.file, given.by.kind, given.by.name, given.chart)
        if fact not in told:
            told.add(fact)
            yield from _misspelled(given)


def _of_set(context: Context, several: Resource) -> Violations:
    """The charts of the Applications that a set makes, each once."""
    found: dict[str, Violation] = {}
    for spec in specs(context.bundle, several):
        for path, source in sources(spec, ("spec", "template", "spec")):
            named = _named(several, (*path, "chart"), text(source.get("repoURL")), source)
            found |= {one.message: one for one in named}
    yield from found.values()


def _misspelled(given: ChartValues) -> Violations:
    """A name that the repository does not have, and that is almost one that it has."""
    url = given.repository.rstrip("/")
    for row in _repositories() if plain(given.chart) and not given.local else ():
        if url not in (f"https://{row['url']}", f"http://{row['url']}"):
            continue
        known: list[str] = row["charts"]
        bare = given.chart.removeprefix(row["prefix"])
        meant = bare if bare in known else _meant(given.chart, known)
        if given.chart not in known and meant:
            yield violation(
                f"{visible(url)} has no chart {visible(given.chart)}; "
                f'did you mean "{visible(meant)}"?',
                _place(given),
            )


def _meant(chart: str, known: list[str]) -> str | None:
    plainly = {name.replace("-", ""): name for name in known}
    return plainly.get(chart.replace("-", "")) or close(chart, known, _ALIKE)


def _place(given: ChartValues) -> Place:
    by = given.by
    # A helmfile has its release at the place of the object that stands for it.
    path: Path = ("chart",) if by.base[:1] == ("releases",) else _PATHS.get(by.kind, ())
    return Place(by, path)


@cache
def _repositories() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shipped(__file__, "helm_chart_name.yaml")["repositories"]
    return found


def _named(
    by: Resource, path: Path, url: str, source: Mapping[str, Any] | None = None
) -> Violations:
    """source: that of an Application which a set makes; without one, the object has the name."""
    chart = text(by.get(*path) if source is None else source.get("chart"))
    repository, slash, name = chart.partition("/")
    if slash and repository and name and plain(chart) and url.startswith(_HTTP):
        yield violation(
            f"{visible(url)} has no chart {visible(chart)}: a chart name has no slash; "
            f'did you mean "{visible(name)}"?',
            Place(by, path),
        )
