"""Phase gateway-api: the CRDs of the Gateway API, where GKE does not install them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import Because, all_of, is_value, text
from stackgen.plan.model import Plan
from stackgen.render.argocd import NAMESPACE as ARGO_NAMESPACE
from stackgen.render.argocd import application_spec
from stackgen.render.delivery import FLUX
from stackgen.render.objects import Rendered, Scope, obj

FOLDER = "2-platform/gateway-api"
NAME = "gateway-api-crds"
WHY = "the CRDs of the Gateway API in the release's version"


def phase(plan: Plan) -> Iterator[Rendered]:
    """The object with which the engine in use applies them from their pinned source."""
    engine = plan.stack.spec.delivery.engine
    wanted = is_value(plan.stack.spec.cluster.gatewayApi, "stack")
    source = ("sources", "gateway_api")
    spec = {
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": "5m",
        "sourceRef": {"kind": "GitRepository", "name": "gateway-api"},
        "path": text("./{}", plan.release.value(*source, "path")),
        "prune": Because(False, "platform/gateway-api-prune", "with a CRD all its objects go"),
        "wait": True,
    }
    yield obj(
        Scope(plan, FOLDER, FLUX), "kustomize.toolkit.fluxcd.io/v1", "Kustomization", NAME,
        {"spec": spec}, when=all_of(is_value(engine, "flux"), wanted), rule="platform/gateway-api",
        why=WHY,
    )  # fmt: skip
    git: dict[str, Any] = {
        "repoURL": plan.release.value(*source, "url"),
        "targetRevision": plan.release.value(*source, "commit"),
        "path": plan.release.value(*source, "path"),
    }
    yield obj(
        Scope(plan, FOLDER, ARGO_NAMESPACE), "argoproj.io/v1alpha1", "Application", NAME,
        {"spec": application_spec(plan, None, git, prune=False)},
        when=all_of(is_value(engine, "argocd"), wanted), rule="platform/gateway-api", why=WHY,
    )  # fmt: skip
