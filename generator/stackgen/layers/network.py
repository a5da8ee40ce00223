"""Layer 5-network: deny everything, then allow the flows the stack needs, each for its reason.

Selectors are the labels that the serving platform and Istio really set; ports are the Pods' own.
Kubelet's probes need no rule: traffic from a Pod's own node is always allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers import model_cache, smoke
from stackgen.layers.access_network import access_policies, gateway_egress
from stackgen.layers.declared import declared
from stackgen.layers.group_network import group_network, outside
from stackgen.layers.prefill_network import no_prefill, prefill_network
from stackgen.origin import Because, Traced, When, all_of, any_of, computed, text
from stackgen.plan.listeners import foreign_issuers, front_port, pod_port
from stackgen.plan.model import ModelPlan, Plan
from stackgen.platforms.model import Labels
from stackgen.platforms.registry import rendering_of
from stackgen.render import policies
from stackgen.render.gateway_class import (
    envoy,
    gateway_peers,
    gateway_pods,
    health_checks,
    in_cluster,
    istio,
    rendered,
)
from stackgen.render.objects import Rendered
from stackgen.render.policies import (
    api_server,
    dns,
    for_sidecar,
    internet,
    metadata_server,
    policy,
    tcp,
    to_istiod,
)
from stackgen.spec.model_cache import FUSE

FOLDER = policies.FOLDER


# The Pod that answers an HTTP-01 challenge, in the Certificate's namespace. Source: cert-manager
# v1.15 pkg/apis/acme/v1/labels.go, pkg/issuer/acme/http/http.go.
SOLVER_LABELS = {"acme.cert-manager.io/http01-solver": "true"}
SOLVER_PORT = 8089


def layer(plan: Plan) -> Iterator[Rendered]:
    """Policies of the serving namespace, the gateway's and the platform's; declared ones last."""
    yield _default_deny(plan)
    yield _gateway_to_models(plan)
    yield _model_egress(plan)
    for model in plan.models:
        yield _scheduler(plan, model)
        yield _scheduler_to_model(plan, model)
    yield _metrics(
        plan,
        "allow-metrics-from-vllm",
        _labels(plan).servers,
        plan.release.serving("port"),
    )
    yield _metrics(
        plan, "allow-metrics-from-epp", _labels(plan).pickers(plan),
        plan.release.serving("epp", "metrics_port"), any_scheduler(plan),
    )  # fmt: skip
    yield _model_download(plan)
    yield _smoke_test(plan)
    yield _gateway_default_deny(plan)
    yield _gateway_pods(plan)
    yield _acme_solver(plan)
    yield from access_policies(plan)
    yield from rendering_of(plan).policies(plan)
    yield from group_network(plan)
    port = tcp(plan.release.serving("port"))
    yield from prefill_network(
        plan, When(_observed(plan), {"from": [_collectors(plan)], "ports": [port]})
    )
    yield from declared(plan)


def _labels(plan: Plan) -> Labels:
    return rendering_of(plan).labels


def _default_deny(plan: Plan) -> Rendered:
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return policy(
        plan, "default-deny-all", spec, "default-deny", "what no other policy allows is denied"
    )


def _gateway_to_models(plan: Plan) -> Rendered:
    spec = {
        "podSelector": {
            "matchLabels": _labels(plan).servers,
            "matchExpressions": no_prefill(plan),
        },
        "policyTypes": ["Ingress"],
        "ingress": [{"from": gateway_peers(plan), "ports": [tcp(plan.release.serving("port"))]}],
    }
    return policy(
        plan, "allow-gateway-to-vllm", spec, "gateway-to-vllm",
        "the gateway sends requests straight to the server that the endpoint picker chose",
    )  # fmt: skip


def _model_egress(plan: Plan) -> Rendered:
    spec = {
        "podSelector": {"matchLabels": _labels(plan).servers},
        "policyTypes": ["Egress"],
        "egress": [
            dns(plan),
            *outside(plan),
            for_sidecar(plan),
        ],
    }
    return policy(
        plan, "allow-vllm-egress", spec, "vllm-egress",
        "name resolution and the model's download; model servers need no API server",
    )  # fmt: skip


def _scheduler(plan: Plan, model: ModelPlan) -> Rendered:
    release = plan.release
    spec = {
        "podSelector": {"matchLabels": _labels(plan).picker(plan, model)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": gateway_peers(plan),
                "ports": [tcp(release.serving("epp", "grpc_port"))],
            },
            health_checks(plan, tcp(release.serving("epp", "health_port"))),
        ],
        "egress": [
            dns(plan),
            {
                "to": [
                    {"podSelector": {"matchLabels": _labels(plan).server(one)}}
                    for one in (model, model.prefill)
                    if one is not None
                ],
                "ports": [tcp(release.serving("port"))],
            },
            api_server(plan, "watches Pods and InferencePools"),
            for_sidecar(plan),
        ],
    }
    return policy(
        plan, text("allow-epp-{}", model.spec.name), spec, "epp",
        "the gateway asks the endpoint picker, which reads its model's metrics",
        model.spec.scheduler,
    )  # fmt: skip


def _scheduler_to_model(plan: Plan, model: ModelPlan) -> Rendered:
    spec = {
        "podSelector": {"matchLabels": _labels(plan).server(model)},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"podSelector": {"matchLabels": _labels(plan).picker(plan, model)}}],
                "ports": [tcp(plan.release.serving("port"))],
            }
        ],
    }
    return policy(
        plan, text("allow-epp-to-{}", model.spec.name), spec, "epp-to-vllm",
        "an endpoint picker reads the metrics of its own model, of no other",
        model.spec.scheduler,
    )  # fmt: skip


def _model_download(plan: Plan) -> Rendered:
    filled = [m.cache.filled for m in plan.models]
    buckets = [all_of(m.cache.filled, m.cache.has(FUSE)) for m in plan.models]
    why = "writes to buckets as the account of the Jobs"
    spec = {
        "podSelector": {"matchLabels": model_cache.LABELS},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [
            dns(plan),
            internet(plan),
            When(any_of(*buckets), metadata_server(why)),
            for_sidecar(plan),
        ],
    }
    return policy(
        plan, "allow-weights-download", spec, "weights-download",
        "a Job downloads the weights, so that model servers do not", any_of(*filled),
    )  # fmt: skip


def _smoke_test(plan: Plan) -> Rendered:
    port = pod_port(plan, front_port(plan.stack.spec.gateway.listeners))
    spec = {
        "podSelector": {"matchLabels": smoke.LABELS},
        "policyTypes": ["Egress"],
        "egress": [
            dns(plan),
            {"to": [gateway_pods(plan)], "ports": [tcp(port)]},
            for_sidecar(plan),
        ],
    }
    return policy(
        plan, "allow-smoke-test", spec, "smoke-test", "the smoke test asks through the gateway",
        plan.stack.spec.observe.smokeTest,
    )  # fmt: skip


def _gateway_default_deny(plan: Plan) -> Rendered:
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return policy(
        plan, "default-deny-gateway", spec, "default-deny",
        "what no other policy allows is denied", rendered(plan),
        plan.stack.spec.gateway.namespace,
    )  # fmt: skip


def _gateway_pods(plan: Plan) -> Rendered:
    gateway, release = plan.stack.spec.gateway, plan.release
    clients = Because(
        {"ports": [tcp(pod_port(plan, listener.port)) for listener in gateway.listeners]},
        "network/clients", "behind a load balancer clients come with the addresses of nodes",
    )  # fmt: skip
    metrics = When(_observed(plan), {
        "from": [_collectors(plan)],
        "ports": [
            When(istio(plan), tcp(release.value("istio", "merged_metrics_port"))),
            When(envoy(plan), _of_envoy(plan, "metrics_port")),
        ],
    })  # fmt: skip
    serving = {"matchLabels": {"kubernetes.io/metadata.name": plan.stack.spec.serving.namespace}}
    models = {
        "to": [
            {
                "namespaceSelector": serving,
                "podSelector": {"matchLabels": _labels(plan).servers},
            }
        ],
        "ports": [tcp(release.serving("port"))],
    }
    pickers = {
        "to": [
            {
                "namespaceSelector": serving,
                "podSelector": {"matchLabels": _labels(plan).pickers(plan)},
            }
        ],
        "ports": [tcp(release.serving("epp", "grpc_port"))],
    }
    spec = {
        "podSelector": gateway_pods(plan)["podSelector"],
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [clients, metrics],
        "egress": [
            dns(plan),
            models,
            When(istio(plan), to_istiod(plan)),
            When(envoy(plan), _to_envoy_gateway(plan)),
            *gateway_egress(plan),
            When(any_scheduler(plan), pickers),
            When(
                foreign_issuers(gateway),
                {
                    "to": [{"podSelector": {"matchLabels": SOLVER_LABELS}}],
                    "ports": [tcp(SOLVER_PORT)],
                },
            ),
        ],
    }
    return policy(
        plan, "allow-gateway", spec, "gateway",
        "clients come in; requests go to models and endpoint pickers, and it asks its controller",
        all_of(rendered(plan), in_cluster(plan)), namespace=gateway.namespace,
    )  # fmt: skip


def _of_envoy(plan: Plan, name: str) -> dict[str, Any]:
    """A port of Envoy Gateway; nothing where the release has none."""
    port = plan.release.optional("envoy", name)
    return tcp(port) if port is not None else {}


def _to_envoy_gateway(plan: Plan) -> dict[str, Any]:
    namespace = plan.release.optional("namespaces", "envoy_gateway")
    if namespace is None:
        return {}
    return {
        "to": [{
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "podSelector": {"matchLabels": {"control-plane": "envoy-gateway"}},
        }],
        "ports": [_of_envoy(plan, "xds_port")],
    }  # fmt: skip


def _acme_solver(plan: Plan) -> Rendered:
    gateway = plan.stack.spec.gateway
    spec = {
        "podSelector": {"matchLabels": SOLVER_LABELS},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": gateway_peers(plan), "ports": [tcp(SOLVER_PORT)]}],
    }
    return policy(
        plan, "allow-acme-solver", spec, "acme-solver",
        "cert-manager answers an HTTP-01 challenge from a Pod beside the gateway, at each renewal",
        all_of(rendered(plan), foreign_issuers(gateway)), namespace=gateway.namespace,
    )  # fmt: skip


def _metrics(
    plan: Plan, name: str, pods: dict[str, str], port: Traced[int],
    when: Traced[bool] | None = None,
) -> Rendered:  # fmt: skip
    merged = plan.release.value("istio", "merged_metrics_port")
    sidecar = When(plan.stack.spec.mesh.sidecars, tcp(merged))
    spec = {
        "podSelector": {"matchLabels": pods},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [_collectors(plan)], "ports": [tcp(port), sidecar]}],
    }
    on = _observed(plan)
    return policy(
        plan,
        name,
        spec,
        "metrics",
        "metrics are collected",
        on if when is None else all_of(on, when),
    )


def _observed(plan: Plan) -> Traced[bool]:
    engine = plan.stack.spec.observe.engine
    return engine.map("is on", "a choice of the spec", lambda v: v != "none")


def _collectors(plan: Plan) -> Traced[dict[str, Any]]:
    """The Pods that collect metrics: Managed Prometheus in either of its namespaces, or yours."""
    observe = plan.stack.spec.observe
    name, labels = "kubernetes.io/metadata.name", "app.kubernetes.io/name"
    theirs = {"matchExpressions": [
        {"key": name, "operator": "In", "values": ["gmp-system", "gke-gmp-system"]}
    ]}  # fmt: skip

    def peer(engine: str) -> dict[str, Any]:
        managed = engine == "gmp"
        return {
            "namespaceSelector": theirs if managed else {"matchLabels": {name: observe.namespace}},
            "podSelector": {"matchLabels": {labels: "collector" if managed else "prometheus"}},
        }

    return observe.engine.map("collectors", "metrics are collected", peer)


def any_scheduler(plan: Plan) -> Traced[bool]:
    """Whether any model is served through an endpoint picker."""
    return computed("any scheduler", "", any, [m.spec.scheduler for m in plan.models])
