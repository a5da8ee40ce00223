"""Layer 5-network: deny everything, then allow the flows the stack needs, each for its reason.

Selectors are the labels that the KServe controller and Istio really set; ports are the pods' own.
Kubelet's probes need no rule: traffic from a pod's own node is always allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers import smoke
from stackgen.layers.gateway_class import (
    all_schedulers,
    gateway_peers,
    gateway_pods,
    istio,
)
from stackgen.layers.objects import Rendered, Scope, obj
from stackgen.layers.serving import model_labels, scheduler_labels
from stackgen.origin import Because, Traced, When, all_of, computed, is_value, text
from stackgen.plan.listeners import front_port
from stackgen.plan.model import ModelPlan, Plan

FOLDER = "5-network"
ALL_MODELS = {
    "app.kubernetes.io/part-of": "llminferenceservice",
    "kserve.io/component": "workload",
}
KSERVE_WEBHOOK = 9443  # the pod's port; source: kserve config/manager
# Not the internet: private ranges, carrier-grade NAT, link-local (metadata server), loopback.
NOT_INTERNET = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
]


def layer(plan: Plan) -> Iterator[Rendered]:
    """The policies of the serving namespace, then those of the gateway's and KServe's."""
    yield _default_deny(plan)
    yield _gateway_to_models(plan)
    yield _model_egress(plan)
    for model in plan.models:
        yield _scheduler(plan, model)
        yield _scheduler_to_model(plan, model)
    yield _metrics(
        plan, "allow-metrics-from-vllm", ALL_MODELS, plan.release.value("kserve", "port")
    )
    yield _metrics(
        plan, "allow-metrics-from-epp", all_schedulers(plan),
        plan.release.value("kserve", "epp", "metrics_port"), any_scheduler(plan),
    )  # fmt: skip
    yield _smoke_test(plan)
    yield _gateway_default_deny(plan)
    yield _gateway_pods(plan)
    yield _kserve_controller(plan)


def policy(
    plan: Plan, name: str | Traced[str], spec: dict[str, Any] | Traced[Any], rule: str, why: str,
    when: Traced[bool] | None = None, namespace: Traced[str] | None = None,
) -> Rendered:  # fmt: skip
    wanted = plan.stack.spec.network.defaultDeny
    scope = Scope(plan, FOLDER, namespace or plan.stack.spec.serving.namespace)
    return obj(
        scope, "networking.k8s.io/v1", "NetworkPolicy", name, {"spec": spec},
        when=wanted if when is None else all_of(wanted, when), rule=f"network/{rule}", why=why,
    )  # fmt: skip


def _default_deny(plan: Plan) -> Rendered:
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return policy(
        plan, "default-deny-all", spec, "default-deny", "what no other policy allows is denied"
    )


def _gateway_to_models(plan: Plan) -> Rendered:
    spec = {
        "podSelector": {"matchLabels": ALL_MODELS},
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": gateway_peers(plan), "ports": [tcp(plan.release.value("kserve", "port"))]}
        ],
    }
    return policy(
        plan, "allow-gateway-to-vllm", spec, "gateway-to-vllm",
        "the gateway sends requests straight to the server that the endpoint picker chose",
    )  # fmt: skip


def _model_egress(plan: Plan) -> Rendered:
    spec = {
        "podSelector": {"matchLabels": ALL_MODELS},
        "policyTypes": ["Egress"],
        "egress": [dns(plan), When(_downloads(plan), internet(plan)), _istiod(plan)],
    }
    return policy(
        plan, "allow-vllm-egress", spec, "vllm-egress",
        "name resolution and the model's download; model servers need no API server",
    )  # fmt: skip


def internet(plan: Plan) -> Because:
    """Where models are downloaded from: every public address but the API server's."""
    control_plane = plan.stack.spec.cluster.controlPlaneCidr
    return Because(
        {
            "to": [
                {
                    "ipBlock": {
                        "cidr": "0.0.0.0/0",
                        "except": [*NOT_INTERNET, When(_public(control_plane), control_plane)],
                    }
                }
            ],
            "ports": [tcp(443)],
        },
        "network/model-download",
        "Hugging Face has no fixed addresses; the VPC and the metadata server stay closed",
    )


def _scheduler(plan: Plan, model: ModelPlan) -> Rendered:
    release = plan.release
    spec = {
        "podSelector": {"matchLabels": scheduler_labels(plan, model)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": gateway_peers(plan),
                "ports": [tcp(release.value("kserve", "epp", "grpc_port"))],
            }
        ],
        "egress": [
            dns(plan),
            {
                "to": [{"podSelector": {"matchLabels": model_labels(model)}}],
                "ports": [tcp(release.value("kserve", "port"))],
            },
            _api_server(plan, "watches pods and InferencePools"),
            _istiod(plan),
        ],
    }
    return policy(
        plan, text("allow-epp-{}", model.spec.name), spec, "epp",
        "the gateway asks the endpoint picker, which reads its model's metrics",
        model.spec.scheduler,
    )  # fmt: skip


def _scheduler_to_model(plan: Plan, model: ModelPlan) -> Rendered:
    spec = {
        "podSelector": {"matchLabels": model_labels(model)},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"podSelector": {"matchLabels": scheduler_labels(plan, model)}}],
                "ports": [tcp(plan.release.value("kserve", "port"))],
            }
        ],
    }
    return policy(
        plan, text("allow-epp-to-{}", model.spec.name), spec, "epp-to-vllm",
        "an endpoint picker reads the metrics of its own model, of no other",
        model.spec.scheduler,
    )  # fmt: skip


def _smoke_test(plan: Plan) -> Rendered:
    port = front_port(plan.stack.spec.gateway.listeners)
    spec = {
        "podSelector": {"matchLabels": smoke.LABELS},
        "policyTypes": ["Egress"],
        "egress": [
            dns(plan),
            {"to": [gateway_pods(plan)], "ports": [tcp(port)]},
            _istiod(plan),
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
        "what no other policy allows is denied", namespace=plan.stack.spec.gateway.namespace,
    )  # fmt: skip


def _gateway_pods(plan: Plan) -> Rendered:
    gateway, release = plan.stack.spec.gateway, plan.release
    clients = Because(
        {"ports": [tcp(listener.port) for listener in gateway.listeners]},
        "network/clients", "behind a load balancer clients come with the addresses of nodes",
    )  # fmt: skip
    metrics = When(_observed(plan), {
        "from": [_collectors(plan)],
        "ports": [tcp(release.value("istio", "merged_metrics_port"))],
    })  # fmt: skip
    serving = {"matchLabels": {"kubernetes.io/metadata.name": plan.stack.spec.serving.namespace}}
    models = {
        "to": [{"namespaceSelector": serving, "podSelector": {"matchLabels": ALL_MODELS}}],
        "ports": [tcp(release.value("kserve", "port"))],
    }
    pickers = {
        "to": [
            {"namespaceSelector": serving, "podSelector": {"matchLabels": all_schedulers(plan)}}
        ],
        "ports": [tcp(release.value("kserve", "epp", "grpc_port"))],
    }
    spec = {
        "podSelector": gateway_pods(plan)["podSelector"],
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [clients, metrics],
        "egress": [dns(plan), models, _to_istiod(plan), When(any_scheduler(plan), pickers)],
    }
    return policy(
        plan, "allow-gateway", spec, "gateway",
        "clients come in; requests go to models and endpoint pickers, configuration from istiod",
        istio(plan), namespace=gateway.namespace,
    )  # fmt: skip


def _kserve_controller(plan: Plan) -> Rendered:
    release = plan.release
    system = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    callers = {
        "from": [
            {
                "namespaceSelector": system,
                "podSelector": {"matchLabels": {"k8s-app": "konnectivity-agent"}},
            },
            {"ipBlock": {"cidr": plan.stack.spec.cluster.controlPlaneCidr}},
        ],
        "ports": [tcp(KSERVE_WEBHOOK)],
    }
    spec = {
        "podSelector": {"matchLabels": {"control-plane": release.value("kserve", "controller")}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [callers],
        "egress": [dns(plan), _api_server(plan, "watches the objects it is responsible for")],
    }
    return policy(
        plan, "allow-kserve-controller", spec, "kserve-controller",
        "the API server calls its webhooks, on GKE through konnectivity-agent",
        namespace=release.value("kserve", "namespace"),
    )  # fmt: skip


def _to_istiod(plan: Plan) -> dict[str, Any]:
    name = plan.release.value("istio", "namespace")
    istio = {"matchLabels": {"kubernetes.io/metadata.name": name}}
    return {
        "to": [{"namespaceSelector": istio, "podSelector": {"matchLabels": {"app": "istiod"}}}],
        "ports": [tcp(plan.release.value("istio", "xds_port"))],
    }


def _istiod(plan: Plan) -> When:
    """For a pod with a sidecar."""
    return When(plan.stack.spec.mesh.sidecars, Because(
        _to_istiod(plan), "network/sidecar", "a sidecar gets configuration and certificates",
    ))  # fmt: skip


def _api_server(plan: Plan, why: str) -> Because:
    return Because(
        {
            "to": [{"ipBlock": {"cidr": plan.stack.spec.cluster.controlPlaneCidr}}],
            "ports": [tcp(443)],
        },
        "network/api-server", f"{why}; no selector matches the API server",
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
    """The pods that collect metrics: Managed Prometheus in either of its namespaces, or yours."""
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


def _downloads(plan: Plan) -> Traced[bool]:
    """Whether any model comes over the network: only a volume (pvc://) does not."""
    models = [m.spec.model for m in plan.models]
    return computed(
        "any download", "", lambda every: any(not m.startswith("pvc://") for m in every), models
    )


def _public(cidr: Traced[str | None]) -> Traced[bool]:
    """Whether a range has addresses that count as internet."""
    import ipaddress

    def outside(text: str | None) -> bool:
        if text is None:
            return False
        found = ipaddress.IPv4Network(text, strict=False)
        return not any(found.subnet_of(ipaddress.IPv4Network(n)) for n in NOT_INTERNET)

    return cidr.map("is public", "model servers need no API server, wherever it is", outside)


def dns(plan: Plan) -> Because:
    """Names are resolved."""
    pods = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {
            "matchExpressions": [
                {"key": "k8s-app", "operator": "In", "values": ["kube-dns", "node-local-dns"]}
            ]
        },
    }
    cloud = is_value(plan.stack.spec.cluster.dns, "cloud-dns")
    return Because(
        {
            "to": [pods, When(cloud, {"ipBlock": {"cidr": "169.254.169.254/32"}})],
            "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
        },
        "network/dns", "names are resolved by the cluster's DNS, over UDP and TCP",
    )  # fmt: skip


def tcp(port: int | Traced[int]) -> dict[str, Any]:
    return {"protocol": "TCP", "port": port}
