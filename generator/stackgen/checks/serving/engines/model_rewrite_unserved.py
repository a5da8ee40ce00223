"""Targets of an InferenceModelRewrite or InferenceModel that no server of its pool knows."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, Chain, Pods, chain
from stackgen.checks.serving.engines.model_rewrite_weights import rewrites
from stackgen.checks.serving.served_names import ServedNames
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.spelling import nearest

_EXTENSION = "inference.networking.x-k8s.io"


def check(context: Context) -> Violations:
    """One finding for each target, where the names of all servers of the pool are known."""
    found, models = rewrites(context), context.bundle.of_kind("InferenceModel", _EXTENSION)
    if not found and not models:
        return
    links, served = chain(context), ServedNames(context)
    for resource in models:
        yield from _of_model(resource, _of_pool(links, resource, served))
    for resource in found:
        names = _of_pool(links, resource, served)
        for i, rule in maps(resource.get("spec", "rules")) if names else ():
            for j, target in maps(rule.get("targets")):
                name = text(target.get("modelRewrite"))
                if target.get("weight") != 0:
                    where: Path = ("spec", "rules", i, "targets", j, "modelRewrite")
                    yield from _unserved(resource, name, names, where)


def _of_model(model: Resource, names: set[str]) -> Violations:
    """The names that an InferenceModel sends to the pool: of its targets, or its own."""
    targets = list(maps(model.get("spec", "targetModels")))
    for i, target in targets:
        if names and target.get("weight") != 0:
            where: Path = ("spec", "targetModels", i, "name")
            yield from _unserved(model, text(target.get("name")), names, where)
    if names and not targets:
        name = text(model.get("spec", "modelName"))
        yield from _unserved(model, name, names, ("spec", "modelName"))


def _unserved(resource: Resource, name: str, names: set[str], path: Path) -> Violations:
    if name and plain(name) and name not in names:
        close = nearest(name, sorted(names))
        hint = f'; did you mean "{visible(close)}"?' if close else ""
        yield violation(
            f"no server of the pool serves {visible(name)}; they serve "
            f"{', '.join(map(visible, sorted(names)))}{hint}",
            Place(resource, path),
        )


def _of_pool(links: Chain, rewrite: Resource, served: ServedNames) -> set[str]:
    """The names that the servers of a pool know; empty where those of one are not known."""
    name = text(rewrite.get("spec", "poolRef", "name"))
    pools = links.nearest("InferencePool", rewrite.namespace, name, rewrite, *POOL_GROUPS)
    pods: list[Pods] = []
    for pool in pools:  # KServe makes one of each group
        given = as_dict(pool.get("spec", "selector"))
        wanted = as_dict(given.get("matchLabels", given))
        pods += links.selected(pool.namespace, wanted) if wanted else []
    return served.of(pods)
