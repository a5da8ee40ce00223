"""Phase operators: cert-manager, Istio, LeaderWorkerSets and KEDA, from charts of the release.

A chart may install an operator, whose operand comes in the next phase, or the part itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stackgen.layers.platform.operands import ISTIO_UNDER_ARGO, istiod_values
from stackgen.layers.platform.redis import rate_limit
from stackgen.origin import Because, Traced, When, computed, is_set, text
from stackgen.plan.access import by_rate_service
from stackgen.plan.model import Plan
from stackgen.render.definitions import applied
from stackgen.render.helm import Chart, install
from stackgen.render.objects import Rendered, Scope, obj

FOLDER = "2-platform/operators"
WHY = {
    "cert_manager": "TLS certificates",
    "istio": "the Istio control plane",
    "envoy": "Envoy Gateway, which makes the proxies, and its extension for InferencePool",
    "lws": "leader/worker groups",
    "keda": "replicas that follow a metric",
    "kuadrant": "API keys, tenants and limits behind Istio's gateway",
}


def phase(plan: Plan) -> Iterator[Rendered]:
    """The ServiceAccount the LWS operator needs first, then the charts."""
    charts = plan.release.row.data["charts"]
    if "lws-operator" in charts:
        yield _account(plan)
    if "envoy-gateway" in charts:
        yield from applied(
            plan, FOLDER, "envoy_gateway_crds", "the definitions of Envoy Gateway",
            plan.managed.envoy, "platform/envoy-definitions",
        )  # fmt: skip
    for name in charts:
        yield from install(plan, FOLDER, _chart(plan, name))


def _account(plan: Plan) -> Rendered:
    pull = plan.stack.spec.serving.imagePullSecret
    return obj(
        Scope(plan, FOLDER, plan.release.value("namespaces", "lws_operator")),
        "v1", "ServiceAccount", "lws-controller-manager",
        {"imagePullSecrets": When(is_set(pull), [{"name": pull}])},
        rule="platform/lws-account", why="the operator's workload pulls from the same registry",
        annotations={"kustomize.toolkit.fluxcd.io/ssa": "Merge"}, when=plan.managed.lws,
    )  # fmt: skip


def _chart(plan: Plan, name: str) -> Chart:
    row = plan.release.row.data["charts"][name]
    renders: Traced[list[str]] = plan.release.value("charts", name, "renders")
    kept: Traced[list[str]] | list[Traced[str]] = (
        plan.release.optional("charts", name, "kept") or []
    )
    why = WHY[row["part"]]
    return Chart(
        name=name,
        namespace=plan.release.value("charts", name, "namespace"),
        why=why,
        git="" if "source" in row else row.get("git", "charts"),
        path=plan.release.optional("charts", name, "path"),
        oci=row.get("source", ""),
        values=_VALUES[name](plan),
        dropped=computed("kinds", why, _dropped, renders, kept),
        shared_crds=plan.release.optional("charts", name, "shared_crds"),
        when=plan.installs(name),
        replaced=ISTIO_UNDER_ARGO if "Istio" in renders.value else "",
        skip_crds=row.get("skip_crds", False),
        after=row.get("after", ""),
    )


def _dropped(renders: list[str], kept: list[str]) -> list[str]:
    return [*(kind for kind in renders if kind not in kept), "Namespace", "Secret"]


# -- values, by the name of the chart ----------------------------------------------------------


def _secret(plan: Plan) -> dict[str, Any]:
    """The pull secret, as the charts of the operators take it."""
    pull = plan.stack.spec.serving.imagePullSecret
    return {"pullSecret": When(is_set(pull), {"name": pull})}


def _cert_manager_operator(plan: Plan) -> dict[str, Any]:
    return {
        "operatorNamespace": plan.release.value("namespaces", "cert_manager_operator"),
        "operandNamespace": plan.release.value("namespaces", "cert_manager"),
        **_secret(plan),
    }


def _sail_operator(plan: Plan) -> dict[str, Any]:
    return {
        "namespace": plan.release.value("namespaces", "istio"),
        "istioVersion": plan.release.value("istio", "version"),
        "bundle": {"source": "redhat"},
        **_secret(plan),
    }


def _lws_operator(plan: Plan) -> dict[str, Any]:
    return {"namespace": plan.release.value("namespaces", "lws_operator"), **_secret(plan)}


def _cert_manager(plan: Plan) -> dict[str, Any]:
    pull = plan.stack.spec.serving.imagePullSecret
    return {
        "crds": {"enabled": True},
        "global": When(is_set(pull), {"imagePullSecrets": [{"name": pull}]}),
    }


def _lws(plan: Plan) -> dict[str, Any]:
    pull = plan.stack.spec.serving.imagePullSecret
    return {"imagePullSecrets": When(is_set(pull), [{"name": pull}])}


def _keda(plan: Plan) -> dict[str, Any]:
    """Rights on what this stack scales alone. No trigger of it needs a Secret."""
    pull = plan.stack.spec.serving.imagePullSecret
    return {
        "imagePullSecrets": When(is_set(pull), [{"name": pull}]),
        "rbac": {"scaledRefKinds": [
            {"apiGroup": "leaderworkerset.x-k8s.io", "kind": "LeaderWorkerSet"}
        ]},
        "permissions": {"operator": {"restrict": {"secret": True}}},
    }  # fmt: skip


def _envoy_gateway(plan: Plan) -> dict[str, Any]:
    """Proxies beside their Gateway, and Envoy AI Gateway asked about each InferencePool."""
    pull, release = plan.stack.spec.serving.imagePullSecret, plan.release
    space = release.value("namespaces", "envoy_ai_gateway")
    pool = {"group": "inference.networking.k8s.io", "kind": "InferencePool", "version": "v1"}
    every = {"includeAll": True}
    why = "network policies and the smoke test know the proxies there"
    beside = Because({"deploy": {"type": "GatewayNamespace"}}, "platform/envoy-beside", why)
    return {
        "global": When(is_set(pull), {"imagePullSecrets": [{"name": pull}]}),
        # A policy of its chart that judges definitions which are GKE's or the stack's.
        "crds": {"gatewayAPI": {"safeUpgradePolicy": {"enabled": False}}},
        "config": {"envoyGateway": {
            "rateLimit": When(by_rate_service(plan.stack.spec), rate_limit(plan)),
            "provider": {"type": "Kubernetes", "kubernetes": beside},
            "extensionApis": {"enableBackend": True},
            "extensionManager": {
                "backendResources": [pool],
                "hooks": {"xdsTranslator": {
                    "translation": dict.fromkeys(("listener", "route", "cluster", "secret"), every),
                    "post": ["Translation", "Cluster", "Route"],
                }},
                "service": {"fqdn": {

                    "hostname": text("ai-gateway-controller.{}.svc.cluster.local", space),
                    "port": release.value("envoy", "extension_port"),
                }},
            },
        }},
    }  # fmt: skip


def _ai_gateway(plan: Plan) -> dict[str, Any]:
    """A certificate of cert-manager: what the chart signs itself is another at each rendering."""
    pull = plan.stack.spec.serving.imagePullSecret
    return {
        "global": When(is_set(pull), {"imagePullSecrets": [{"name": pull}]}),
        "controller": {"mutatingWebhook": {"certManager": {"enable": True}}},
        "envoyGateway": {"namespace": plan.release.value("namespaces", "envoy_gateway")},
    }


def _none(plan: Plan) -> dict[str, Any]:
    return {}


_VALUES: Mapping[str, Callable[[Plan], dict[str, Any]]] = {
    "cert-manager-operator": _cert_manager_operator,
    "sail-operator": _sail_operator,
    "lws-operator": _lws_operator,
    "cert-manager": _cert_manager,
    "istio-base": _none,
    "istiod": istiod_values,
    "ai-gateway-crds": _none,
    "envoy-gateway": _envoy_gateway,
    "ai-gateway": _ai_gateway,
    "lws": _lws,
    "keda": _keda,
    "kuadrant-operator": _none,
}
