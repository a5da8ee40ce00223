"""Targets of an InferenceModelRewrite that no server of its pool knows."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, Chain, Pods, chain
from stackgen.checks.serving.engines.model_rewrite_weights import rewrites
from stackgen.checks.serving.served_names import ServedNames
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.spelling import nearest


def check(context: Context) -> Violations:
    """One finding for each target, where the names of all servers of the pool are known."""
    found = rewrites(context)
    if not found:
        return
    links, served = chain(context), ServedNames(context)
    for resource in found:
        names = _of_pool(links, resource, served)
        for i, rule in maps(resource.get("spec", "rules")) if names else ():
            for j, target in maps(rule.get("targets")):
                name = text(target.get("modelRewrite"))
                if name and plain(name) and name not in names and target.get("weight") != 0:
                    close = nearest(name, sorted(names))
                    hint = f'; did you mean "{visible(close)}"?' if close else ""
                    yield violation(
                        f"no server of the pool serves {visible(name)}; they serve "
                        f"{', '.join(map(visible, sorted(names)))}{hint}",
                        Place(resource, ("spec", "rules", i, "targets", j, "modelRewrite")),
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
