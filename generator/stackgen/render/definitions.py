"""The definitions that endpoint pickers need, each applied from its pinned source.

GKE installs the definition of InferencePool where it installs those of the Gateway API; elsewhere
the stack does. Those of llm-d always come from the stack.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.origin import Because, Traced, all_of, is_value, text
from stackgen.plan.model import Plan
from stackgen.render.argocd import NAMESPACE as ARGO_NAMESPACE
from stackgen.render.argocd import application_spec
from stackgen.render.delivery import FLUX
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.render.sources import Source

POOLS, OBJECTIVES = "gateway_inference_extension", "llm_d_router"
WHY = {
    POOLS: "the definition of InferencePool",
    OBJECTIVES: "the definitions of InferenceObjective and InferenceModelRewrite",
}


def definition_sources(plan: Plan) -> list[Source]:
    """Where the definitions come from."""
    return [Source(key, why, _wanted(plan, key)) for key, why in WHY.items()]


def _wanted(plan: Plan, key: str) -> Traced[bool]:
    if key == OBJECTIVES:
        return plan.managed.serving
    by_stack = is_value(plan.stack.spec.cluster.gatewayApi, "stack")
    return all_of(plan.managed.serving, by_stack)


def definitions(plan: Plan, folder: str) -> Iterator[Rendered]:
    """For each source of definitions, the object with which the engine in use applies them."""
    for key, why in WHY.items():
        yield from applied(plan, folder, key, why, _wanted(plan, key), "platform/llm-d")


def applied(
    plan: Plan, folder: str, key: str, why: str, wanted: Traced[bool], rule: str
) -> Iterator[Rendered]:
    """The object with which the engine in use applies the definitions of one source."""
    engine, row = plan.stack.spec.delivery.engine, ("sources", key)
    source = key.removesuffix("_crds").replace("_", "-")
    path, name = plan.release.value(*row, "path"), f"{source}-crds"
    spec = {
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": "5m",
        "sourceRef": {"kind": "GitRepository", "name": key.replace("_", "-")},
        "path": text("./{}", path),
        "prune": Because(False, f"{rule}-prune", "with a CRD all its objects go"),
        "wait": True,
    }
    yield obj(
        Scope(plan, folder, FLUX), "kustomize.toolkit.fluxcd.io/v1", "Kustomization", name,
        {"spec": spec}, when=all_of(is_value(engine, "flux"), wanted), rule=rule, why=why,
    )  # fmt: skip
    git = {
        "repoURL": plan.release.value(*row, "url"),
        "targetRevision": plan.release.value(*row, "commit"),
        "path": path,
    }
    yield obj(
        Scope(plan, folder, ARGO_NAMESPACE), "argoproj.io/v1alpha1", "Application", name,
        {"spec": application_spec(plan, None, git, prune=False)},
        when=all_of(is_value(engine, "argocd"), wanted), rule=rule, why=why,
    )  # fmt: skip
