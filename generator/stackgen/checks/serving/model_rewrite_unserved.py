"""Targets of an InferenceModelRewrite that no server of its pool knows."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, Chain, Pods, chain
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.checks.serving.model_rewrite_weights import rewrites
from stackgen.escape import visible
from stackgen.facts.lora_modules import FLAG, listed, modules
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.spelling import nearest

_SERVED = "served-model-name"


def check(context: Context) -> Violations:
    """One finding for each target, where the names of all servers of the pool are known."""
    found = rewrites(context)
    links = chain(context) if found else None
    runs: dict[int, list[EngineRun]] = {}
    for run in engine_runs(context) if found else ():
        runs.setdefault(id(run.resource), []).append(run)
    for resource in found:
        assert links is not None
        names = _of_pool(links, resource, runs)
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


def _of_pool(links: Chain, rewrite: Resource, runs: dict[int, list[EngineRun]]) -> set[str]:
    """The names that the servers of a pool know; empty where those of one are not known."""
    name = text(rewrite.get("spec", "poolRef", "name"))
    pools = links.nearest("InferencePool", rewrite.namespace, name, rewrite, *POOL_GROUPS)
    pods: list[Pods] = []
    for pool in pools:  # KServe makes one of each group
        given = as_dict(pool.get("spec", "selector"))
        wanted = as_dict(given.get("matchLabels", given))
        pods += links.selected(pool.namespace, wanted) if wanted else []
    known = [_of_pods(one, runs.get(id(one.owner.resource), ())) for one in pods]
    return set[str]().union(*known) if all(known) else set()


def _of_pods(pods: Pods, runs: Iterable[EngineRun]) -> set[str]:
    """Of one Pod template. A service of a platform announces its name, and names its adapters."""
    service, found = pods.owner.service, set[str]()
    if service is not None:
        if not service.whole:
            return set()
        model = as_dict(service.own.get("model"))
        adapters = {one.name for one in listed(service.resource)}
        found = {text(model.get("name")) or service.name, *adapters}
        if len(adapters) != len(list(maps(as_dict(model.get("lora")).get("adapters")))):
            return set()
    for run in runs:
        mine = _of_run(run, announced=service is not None)
        if mine is None:
            return set()
        found |= mine
    return found


def _of_run(run: EngineRun, *, announced: bool) -> set[str] | None:
    """The names in a command line; None where there may be more."""
    line, known, loaded = run.line, list(modules(run.line)), run.line.several(FLAG)
    served = line.several(_SERVED) or [f for f in (line.model, line.flags.get("model")) if f]
    # An adapter may come by a request, or by a plug-in.
    later = any("LORA" in name for _, name, _ in run.variables()) or run.container.get("envFrom")
    if later or not line.complete or "config" in line.flags or len(known) != len(loaded):
        return None
    values = [flag.value for flag in (*served, *loaded)]
    if not run.running.engine.name.startswith("vllm") or not (served or announced):
        return None
    if not all(value and plain(value) for value in values):
        return None
    return {*(flag.value or "" for flag in served), *(one.name for one in known)}
