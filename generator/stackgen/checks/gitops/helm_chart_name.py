"""A chart of a repository that is named as `helm install` names it."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_HTTP = ("https://", "http://")


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


def _named(by: Resource, path: Path, url: str) -> Violations:
    chart = text(by.get(*path))
    repository, slash, name = chart.partition("/")
    if slash and repository and name and plain(chart) and url.startswith(_HTTP):
        yield violation(
            f"{visible(url)} has no chart {visible(chart)}: a chart name has no slash; "
            f'did you mean "{visible(name)}"?',
            Place(by, path),
        )
