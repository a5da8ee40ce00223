"""What manifests say of delivery: the engine, the repository of Git, the rendered folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.secret_values import without_secrets
from stackgen.record import record

# What delivery objects of a rendered stack read: a layer of one environment.
_LAYER = re.compile(r"(?:\./)?(.+)/([A-Za-z0-9][A-Za-z0-9._-]*)/[1-6]-[a-z]+(?:/.*)?")
# The short form of an address for SSH.
_SCP = re.compile(r"([A-Za-z0-9._-]+@[A-Za-z0-9.-]+):(?!//)([A-Za-z0-9._~/-]+)")
_ENGINES = {
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): "flux",
    ("fluxcd.controlplane.io", "FluxInstance"): "flux",
    ("argoproj.io", "Application"): "argocd",
    ("argoproj.io", "ApplicationSet"): "argocd",
}
_ASSUMED = "https://github.com/my-org/my-repository"
_PRIMARY = "FluxInstance"  # names the repository of its cluster


@record
class _Read:
    """What one object reads. rank: the lower, the more it tells of the stack."""

    rank: int
    engine: str
    url: str
    branch: str = ""
    secret: str = ""


def delivery(bundle: Bundle, assumed: list[str]) -> dict[str, Any]:
    """`spec.delivery`: the engine, and the repository that most of its objects read.

    Those that read layers of a rendered stack decide before the others. Charts and the sources of
    other projects, which fewer objects read, are not meant. What is written in another form is
    appended to `assumed`.
    """
    found = [read for one in bundle.objects for read in _reads(bundle, one)]
    if not found:
        engines = (_ENGINES.get((r.group, r.kind)) for r in bundle.objects)
        engine = next(filter(None, engines), "none")
        if engine == "none":
            return {"engine": engine}
        assumed.append("spec.delivery.repository")
        return {"engine": engine, "repository": _ASSUMED}
    best = min(read.rank for read in found)
    first = [read for read in found if read.rank == best]
    url = Counter(read.url for read in first).most_common(1)[0][0]
    read = next(one for one in first if one.url == url)
    address = _address(url, ssh=bool(read.secret))
    if address != url:
        assumed.append(f"spec.delivery.repository: {address} is {without_secrets(url)}")
    made = {"engine": read.engine, "repository": address}
    if read.branch not in ("", "main", "HEAD"):
        made["branch"] = read.branch
    return made | ({"secret": read.secret} if read.secret else {})


def rendered(bundle: Bundle) -> tuple[str, str]:
    """The folder of rendered files, and the environment in it; empty for none."""
    for resource in bundle.objects:
        found = _layer(resource)
        if found is not None:
            return found[1], found[2]
    return "", ""


def _layer(resource: Resource) -> re.Match[str] | None:
    """The path of a delivery object, when it is that of a layer of a stack."""
    if (resource.group, resource.kind) not in _ENGINES:
        return None
    path = resource.get("spec", "path") or resource.get("spec", "source", "path")
    return _LAYER.fullmatch(path) if isinstance(path, str) else None


def _reads(bundle: Bundle, one: Resource) -> Iterator[_Read]:
    engine = _ENGINES.get((one.group, one.kind))
    if engine is None:
        return
    if one.kind == _PRIMARY:
        sync = as_dict(one.get("spec", "sync"))
        if sync.get("kind", "GitRepository") == "GitRepository" and text(sync.get("url")):
            branch = text(sync.get("ref")).removeprefix("refs/heads/")
            yield _Read(1, engine, text(sync["url"]), branch, text(sync.get("pullSecret")))
        return
    rank = 0 if _layer(one) else 2
    if engine == "flux":
        yield from _sourced(bundle, one, rank)
        return
    spec = one.get("spec", "template", "spec") if one.kind == "ApplicationSet" else one.get("spec")
    sources = [as_dict(as_dict(spec).get("source"))]
    sources += [source for _, source in maps(as_dict(spec).get("sources"))]
    for source in sources:
        url = text(source.get("repoURL"))
        if url and "chart" not in source and "{{" not in url:
            yield _Read(rank, engine, url, text(source.get("targetRevision")))


def _sourced(bundle: Bundle, one: Resource, rank: int) -> Iterator[_Read]:
    """The GitRepository of a Kustomization of Flux."""
    source: Mapping[str, Any] = as_dict(one.get("spec", "sourceRef"))
    for repository in bundle.of_kind("GitRepository", "source.toolkit.fluxcd.io"):
        url = text(repository.get("spec", "url"))
        if repository.name == source.get("name") and url:
            branch = text(repository.get("spec", "ref", "branch"))
            yield _Read(
                rank, "flux", url, branch, text(repository.get("spec", "secretRef", "name"))
            )


def _address(url: str, *, ssh: bool) -> str:
    """The short form `git@host:path` as the spec takes it. ssh: there is a Secret with its key."""
    short = _SCP.fullmatch(url)
    if short is None:
        return url
    host = short[1] if ssh else short[1].partition("@")[2]
    return f"{'ssh' if ssh else 'https'}://{host}/{short[2].removeprefix('/')}"
