"""An Application that its AppProject does not permit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

from stackgen.checks.composed import may_be_patched
from stackgen.checks.context import Context
from stackgen.facts.application_sets import specs
from stackgen.facts.object_references import plain_name
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place, Violation, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.own_repository import of_another
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.rollout import argocd
from stackgen.rollout.applied import Folders
from stackgen.schema.regex import whole
from stackgen.schema.store import manifest, namespaced
from stackgen.spelling import close

_HOSTS = (("Application", ("spec",)), ("ApplicationSet", ("spec", "template", "spec")))
_ALIKE = 0.8
_REPOSITORY_LABEL = "argocd.argoproj.io/secret-type': 'repo"
_HERE = {"in-cluster": "https://kubernetes.default.svc"}
_SCHEME = regex(r"^(?:[a-z+]+://)?(?:[^/@]*@)?")


def check(context: Context) -> Violations:
    """Sources and destinations of each Application, and once the kinds that a project refuses."""
    projects: dict[str, list[Resource]] = {}
    for project in context.bundle.of_kind("AppProject", argocd.GROUP):
        projects.setdefault(project.name, []).append(project)
    if not projects:
        return
    for project in (one for named in projects.values() for one in named):
        yield from _misplaced(project)
    folders = Folders(context.bundle.resources)
    folders.settle(argocd.paths(folders))
    told: set[tuple[str, str, str]] = set()
    for kind, base in _HOSTS:
        for app in context.bundle.of_kind(kind, argocd.GROUP):
            spec = as_dict(app.get(*base))
            each = specs(context.bundle, app) if kind == "ApplicationSet" else [spec]
            places: dict[str, Violation] = {}
            for made in each:
                named = projects.get(text(made.get("project")), [])
                if len(named) != 1 or may_be_patched(context, named[0]):
                    if kind == "ApplicationSet":
                        places |= {v.message: v for v in _unknown(app, made, projects)}
                    continue  # an overlay may say more of the project
                scoped = _scoped(context, named[0].name)
                places |= {v.message: v for v in _places(app, base, made, named[0], scoped)}
                for one in _applied(made, folders):
                    fact = (named[0].name, one.group, one.kind)
                    said = "" if fact in told else _refused(one, named[0])
                    if said:
                        told.add(fact)
                        yield violation(
                            f"AppProject {named[0].name} does not permit {one.kind} of "
                            f"{one.group or 'the core group'}, which {kind} {app.name} applies",
                            Place(named[0], ("spec", said), key=True),
                            Place(one, ("kind",)),
                        )
            yield from places.values()


def _unknown(app: Resource, made: dict[str, Any], projects: Collection[str]) -> Violations:
    """A project of a set that a parameter names almost as one of the input is called."""
    name = text(made.get("project"))
    near = close(name, projects, _ALIKE) if plain_name(name) and name not in projects else None
    if near is not None:
        yield violation(
            f"nothing in the input provides AppProject {name}, which a generator of {app.name} "
            f'gives; did you mean "{near}"?',
            Place(app, ("spec", "template", "spec", "project")),
        )


def _scoped(context: Context, project: str) -> list[str]:
    """The repositories of a project by their Secrets, which it permits; `*` if some are not known.

    Source: Argo CD documentation, Projects, Project scoped Repositories and Clusters.
    """
    found = []
    for one in context.once(_repositories):
        data = as_dict(one.get("stringData"))
        if one.kind != "Secret" or one.get("data"):
            found.append("*")
        elif data.get("project") == project:
            found.append(text(data.get("url")))
    return found


def _repositories(context: Context) -> list[Resource]:
    """The Secrets of repositories, and what makes some."""
    return [one for one in context.bundle.objects if _REPOSITORY_LABEL in repr(one.data)]


def _places(
    app: Resource, base: Path, spec: dict[str, Any], project: Resource, scoped: list[str]
) -> Violations:
    """Where an Application reads from, and where it applies to.

    scoped: further repositories that the project permits.
    """
    sources = [((*base, "source"), as_dict(spec.get("source")))]
    sources += [((*base, "sources", i), one) for i, one in maps(spec.get("sources"))]
    repositories = [text(one) for one in as_list(project.get("spec", "sourceRepos"))]
    repositories += scoped
    for path, source in sources:
        url = text(source.get("repoURL"))
        if url and "{{" not in url and not _permits(repositories, url, _repository, "/"):
            yield violation(
                f"AppProject {project.name} does not permit repository {url} of {app.kind} "
                f"{app.name}",
                Place(app, (*path, "repoURL")),
                Place(project, ("spec", "sourceRepos"), key=True),
            )
    to = as_dict(spec.get("destination"))
    space = text(to.get("namespace"))
    filled_in = space != space.lower() or not plain_name(space)
    if not space or filled_in or any("{{" in str(value) for value in to.values()):
        return
    allowed = [one for _, one in maps(project.get("spec", "destinations"))]
    near = [one for one in allowed if _is_cluster(one, to) is not False]
    spaces = [text(one.get("namespace")) for one in near]
    unsure = any(_is_cluster(one, to) is None for one in allowed)
    if not _permits(spaces, space) and not (unsure and not near):
        yield violation(
            f"AppProject {project.name} does not permit namespace {space} as the destination of "
            f"{app.kind} {app.name}",
            Place(app, (*base, "destination", "namespace")),
            Place(project, ("spec", "destinations"), key=True),
        )


def _is_cluster(one: dict[str, Any], to: dict[str, Any]) -> bool | None:
    """Whether a destination of a project is about the cluster; None if that is not known."""
    server = text(to.get("server")) or _HERE.get(text(to.get("name")), "")
    given = text(one.get("server")) or _HERE.get(text(one.get("name")), "")
    if server and given:
        return _matches(given.removeprefix("!"), server)
    name, asked = text(to.get("name")), text(one.get("name"))
    return _matches(asked, name) if name and asked else None


def _permits(
    patterns: list[str], value: str, form: Any = lambda text: text, separator: str = ""
) -> bool:
    """Whether a pattern permits the value, and none with `!` excludes it."""
    plain = [form(one) for one in patterns if not one.startswith("!")]
    refused = [form(one[1:]) for one in patterns if one.startswith("!")]
    value = form(value)
    if any(_matches(one, value, separator) for one in refused):
        return False
    return "*" in patterns or any(_matches(one, value, separator) for one in plain)


def _repository(url: str) -> str:
    """An address without scheme, user and suffix: as Argo CD compares those of git."""
    found = _SCHEME.sub("", url.strip().lower()).removesuffix("/").removesuffix(".git")
    return found.replace(":", "/", 1) if url.startswith("git@") else found


def _applied(spec: dict[str, Any], folders: Folders) -> Iterator[Resource]:
    """The objects in the folders of an Application that are no charts."""
    for source in (spec.get("source"), *as_list(spec.get("sources"))):
        path = text(at(source, "path"))
        if of_another(source, folders.repository):
            continue
        if path and not at(source, "helm") and not at(source, "chart") and "{{" not in path:
            yield from folders.below(path) or ()


def _refused(one: Resource, project: Resource) -> str:
    """The list of the project that refuses the kind of an object; "" if none does."""
    if not one.kind or not manifest().get(("", one.group, one.kind.lower())):
        return ""
    inside = namespaced(one.group, one.kind)
    words = "namespaceResource" if inside else "clusterResource"
    allowed = project.get("spec", f"{words}Whitelist")
    if any(_is_kind(x, one) for _, x in maps(project.get("spec", f"{words}Blacklist"))):
        return f"{words}Blacklist"
    # Without a list, every kind in namespaces is permitted, and none outside of them.
    if allowed is None:
        return "" if inside else "destinations"
    return "" if any(_is_kind(x, one) for _, x in maps(allowed)) else f"{words}Whitelist"


def _misplaced(project: Resource) -> Violations:
    """Kinds in namespaces that only the list for the other kinds has."""
    allowed = project.get("spec", "namespaceResourceWhitelist")
    for i, row in maps(project.get("spec", "clusterResourceWhitelist") if allowed else None):
        group, kind = text(row.get("group")), text(row.get("kind"))
        one = Resource({"apiVersion": f"{group}/v1" if group else "v1", "kind": kind}, "")
        if namespaced(group, kind) and not any(_is_kind(x, one) for _, x in maps(allowed)):
            yield violation(
                f"{kind} is in a namespace: clusterResourceWhitelist does not permit it, and "
                "namespaceResourceWhitelist does not have it",
                Place(project, ("spec", "clusterResourceWhitelist", i, "kind")),
            )


def _is_kind(row: dict[str, Any], one: Resource) -> bool:
    return _matches(text(row.get("group")), one.group) and _matches(text(row.get("kind")), one.kind)


def _matches(pattern: str, value: str, separator: str = "") -> bool:
    return pattern == value or whole(_glob(pattern, separator), value)


@lru_cache(maxsize=512)
def _glob(pattern: str, separator: str) -> str:
    """A pattern of Argo CD: `*` ends at the separator, and `**` does not."""
    one = f"[^{separator}]*" if separator else ".*"
    words = {"**": ".*", "*": one, "?": f"[^{separator}]" if separator else "."}
    parts = re.split(r"(\*\*|\*|\?)", pattern[:500])
    return "".join(words.get(part, re.escape(part)) for part in parts)
