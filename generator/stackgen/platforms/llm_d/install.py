"""What llm-d needs in the cluster besides the operators: definitions, from pinned sources.

There is no controller. GKE installs the definition of InferencePool where it installs those of the
Gateway API; elsewhere the stack does.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.origin import Because, Traced, all_of, is_value, literal, text
from stackgen.plan.model import Plan
from stackgen.render.argocd import NAMESPACE as ARGO_NAMESPACE
from stackgen.render.argocd import application_spec
from stackgen.render.delivery import FLUX, Step
from stackgen.render.objects import NAMESPACES, Rendered, Scope, namespace, obj
from stackgen.render.sources import Source

FOLDER = "2-platform/llm-d"
POOLS, OBJECTIVES = "gateway_inference_extension", "llm_d_router"
WHY = {
    POOLS: "the definition of InferencePool",
    OBJECTIVES: "the definitions of InferenceObjective and InferenceModelRewrite",
}


def namespaces(plan: Plan) -> Iterator[Rendered]:
    """The gateway's: no part of the platform has one of its own."""
    yield namespace(Scope(plan, NAMESPACES), plan.stack.spec.gateway.namespace, "runs the gateway")


def foreign_gateway(plan: Plan) -> Traced[bool]:
    """The gateway's namespace is always the stack's."""
    return literal(False, "platform/gateway", "the namespace is the stack's")


def sources(plan: Plan) -> list[Source]:
    """Where the definitions come from."""
    return [Source(key, why, _wanted(plan, key)) for key, why in WHY.items()]


def _wanted(plan: Plan, key: str) -> Traced[bool]:
    if key == OBJECTIVES:
        return plan.managed.serving
    by_stack = is_value(plan.stack.spec.cluster.gatewayApi, "stack")
    return all_of(plan.managed.serving, by_stack)


def phases(plan: Plan) -> Iterator[Rendered]:
    """For each source of definitions, the object with which the engine in use applies them."""
    engine = plan.stack.spec.delivery.engine
    for key, why in WHY.items():
        row, name = ("sources", key), f"{key.replace('_', '-')}-crds"
        path, wanted = plan.release.value(*row, "path"), _wanted(plan, key)
        spec = {
            "interval": "1h",
            "retryInterval": "2m",
            "timeout": "5m",
            "sourceRef": {"kind": "GitRepository", "name": key.replace("_", "-")},
            "path": text("./{}", path),
            "prune": Because(False, "platform/llm-d-prune", "with a CRD all its objects go"),
            "wait": True,
        }
        yield obj(
            Scope(plan, FOLDER, FLUX), "kustomize.toolkit.fluxcd.io/v1", "Kustomization", name,
            {"spec": spec}, when=all_of(is_value(engine, "flux"), wanted),
            rule="platform/llm-d", why=why,
        )  # fmt: skip
        git = {
            "repoURL": plan.release.value(*row, "url"),
            "targetRevision": plan.release.value(*row, "commit"),
            "path": path,
        }
        yield obj(
            Scope(plan, FOLDER, ARGO_NAMESPACE), "argoproj.io/v1alpha1", "Application", name,
            {"spec": application_spec(plan, None, git, prune=False)},
            when=all_of(is_value(engine, "argocd"), wanted), rule="platform/llm-d", why=why,
        )  # fmt: skip


def steps(plan: Plan) -> list[Step]:
    """Definitions before the pools and pickers that need them."""
    return [Step(FOLDER, ("sources",), needed_by=("4-serving",))]


def policies(plan: Plan) -> Iterator[Rendered]:
    """None: the platform has no pods of its own."""
    yield from ()
