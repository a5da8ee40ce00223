"""Charts and remote files without a fixed version."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import roots_of, value_in
from stackgen.escape import visible
from stackgen.facts.application_sets import sources
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.own_repository import own_repository
from stackgen.manifest.shell import SUFFIXES
from stackgen.regex import regex

# Versions that each later one is of, too. A range with an end is the choice of its author.
_OPEN = regex(r"\s*(?:\*|[xX]|latest|HEAD|>=?\s*v?\d[\w.-]*)\s*\Z")
_FIELD = ("spec", "chart", "spec")
_BRANCH = r"(?:refs/heads/)?(?:main|master|HEAD|develop|trunk)"
_RAW = regex(rf"\Ahttps://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/{_BRANCH}/|/releases/latest/")
_HOST = regex(
    r"\A(?:https://|git::https://|git@)?(?:github|gitlab)\.com[:/](?P<name>[\w.-]+/[\w.-]+)"
)
_FIXED = regex(rf"[?&](?:ref|version)=(?!{_BRANCH}\Z)[^&]")
_LISTS = ("resources", "bases", "components", "crds")


def check(context: Context) -> Violations:
    """One finding for each chart and each file."""
    yield from _charts(context)
    own = own_repository(context.bundle.objects).removesuffix(".git")
    for index in context.bundle.resources:
        for word in _LISTS if index.index else ():
            for i, entry in enumerate(as_list(index.get(word))):
                if (said := _moving(text(entry), own)) and plain(text(entry)):
                    yield violation(said, Place(index, (word, i)))
    yield from _helmfiles(context, own)
    told: set[str] = set()
    for one in context.bundle.outside:
        if one.kind == "Apply" and one.file.endswith(SUFFIXES):
            named = [*as_list(one.get("spec", "filename")), *as_list(one.get("spec", "kustomize"))]
            for entry in map(text, named):
                said = "" if entry in told else _moving(entry, own)
                if said and plain(entry):
                    told.add(entry)
                    yield violation(said, Place(one, ()))


def _helmfiles(context: Context, own: str) -> Violations:
    """Helmfiles that a helmfile takes from elsewhere, and what its hooks apply."""
    for helmfile in context.bundle.settings:
        for i, one in maps(helmfile.get("helmfiles")):
            if (said := _moving(text(one.get("path")), own)) and plain(text(one.get("path"))):
                yield violation(said, Place(helmfile, ("helmfiles", i, "path")))
        for i, release in maps(helmfile.get("releases")):
            for j, hook in maps(release.get("hooks")):
                for k, word in enumerate(as_list(hook.get("args"))):
                    if (said := _moving(text(word), own)) and plain(text(word)):
                        path = ("releases", i, "hooks", j, "args", k)
                        yield violation(said, Place(helmfile, path))


def _charts(context: Context) -> Violations:
    for release in context.bundle.of_kind("HelmRelease", "helm.toolkit.fluxcd.io"):
        given = as_dict(release.get(*_FIELD))
        kind = text(as_dict(given.get("sourceRef")).get("kind")) or "HelmRepository"
        field = (*_FIELD, "version")
        roots = roots_of(context, release)
        patched = any(value_in(context, x, release, field) != release.get(*field) for x in roots)
        if given and kind == "HelmRepository" and not patched:
            path = (*_FIELD, "version" if "version" in given else "chart")
            for said in _open(text(given.get("chart")), text(given.get("version"))):
                yield violation(said, Place(release, path))
    for kind in ("Application", "ApplicationSet"):
        below = ("spec", "template", "spec") if kind == "ApplicationSet" else ("spec",)
        for one in context.bundle.of_kind(kind, "argoproj.io"):
            for path, source in sources(as_dict(one.get(*below)), below):
                chart, version = text(source.get("chart")), text(source.get("targetRevision"))
                for said in _open(chart, version) if chart else ():
                    key = "targetRevision" if version else "chart"
                    yield violation(said, Place(one, (*path, key)))
    for index in context.bundle.resources:
        for i, entry in maps(index.get("helmCharts") if index.index else None):
            remote = text(entry.get("repo"))
            for said in _open(text(entry.get("name")), text(entry.get("version"))):
                if remote:
                    yield violation(said, Place(index, ("helmCharts", i)))
    for install in context.bundle.outside:
        spec = as_dict(install.get("spec")) if install.kind == "HelmInstall" else {}
        if not spec or spec.get("path") or not spec.get("repository"):
            continue
        script = install.file.endswith(SUFFIXES)
        for said in _open(text(spec.get("chart")), text(spec.get("version"))):
            severity = Severity.INFO if script and not spec.get("version") else None
            yield violation(said, Place(install, ()), severity=severity)


def _open(chart: str, version: str) -> Iterator[str]:
    """What is wrong with the version of a chart."""
    if not plain(chart + version):
        return
    if not version:
        yield f"no version of chart {visible(chart)} is set, so the newest one is installed"
    elif _OPEN.match(version):
        yield f"version {visible(version)} of chart {visible(chart)} accepts every later one"


def _moving(address: str, own: str) -> str:
    """Why what is at an address changes with time; empty if it does not, or that is not known."""
    if _RAW.search(address):
        return f"{visible(address)} changes with each commit or release"
    found = _HOST.match(address)
    if found is None or "/blob/" in address or "/releases/" in address or "/archive/" in address:
        return ""
    if own and found["name"].removesuffix(".git") in own:
        return ""
    return "" if _FIXED.search(address) else f"{visible(address)} names no tag or commit in `ref`"
