"""The way of a request through an InferencePool: endpoint picker, pool, policies and route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackgen.origin import (
    Because,
    Traced,
    When,
    all_of,
    computed,
    given_or,
    is_set,
    literal,
    text,
    tree_or,
)
from stackgen.plan.access import by_ai_route
from stackgen.plan.listeners import route_path
from stackgen.plan.model import ModelPlan, Plan
from stackgen.render.endpoint_picker import (
    POOLS,
    endpoint_picker,
    labels_of_pool,
    picker_name,
    pool_name,
)
from stackgen.render.gateway_class import gke, in_cluster, istio, routed
from stackgen.render.objects import Rendered, Scope, obj

FOLDER = "4-serving"
GKE = "networking.gke.io/v1"
AI_API = "aigateway.envoyproxy.io/v1beta1"
# The header in which Envoy AI Gateway has the name of the model, from the body of the request.
# Source: envoyproxy/ai-gateway v1.0.0 api/v1beta1/ai_gateway_route.go.
MODEL_HEADER = "x-ai-eg-model"


def pool_route(
    plan: Plan,
    model: ModelPlan,
    servers: Mapping[str, Any] | Traced[Any],
    why: str,
    when: Traced[bool],
) -> Iterator[Rendered]:
    """The endpoint picker, the pool with its policies, and the route, for a model.

    servers: labels of the Pods in the pool. why: for the route. when: whether the stack renders
    them; a controller may do so instead.
    """
    space = plan.stack.spec.serving.namespace
    scope = Scope(plan, FOLDER, space, when, labels_of_pool(model), model.spec.annotations)
    yield from endpoint_picker(plan, model, when)
    yield from _pool(plan, model, servers, scope)
    target = {"group": POOLS, "kind": "InferencePool", "name": pool_name(model)}
    yield from _google(plan, model, target, scope, all_of(when, gke(plan)))
    meshed = replace(scope, when=all_of(when, istio(plan)))
    yield picker_rule(meshed, picker_name(model), picker_host(plan, model))
    ai = by_ai_route(plan.stack.spec)
    plain = ai.map("plain route", "no tokens are counted", lambda counted: not counted)
    scope = replace(scope, labels=model.spec.labels)
    yield route(plan, model, target, replace(scope, when=all_of(when, plain)), why)
    ai = all_of(when, ai, routed(plan))
    yield _ai_route(plan, model, target, replace(scope, when=ai))


def _pool(
    plan: Plan, model: ModelPlan, servers: Mapping[str, Any] | Traced[Any], scope: Scope
) -> Iterator[Rendered]:
    yield obj(
        scope, f"{POOLS}/v1", "InferencePool", pool_name(model),
        {"spec": {
            "selector": {"matchLabels": tree_or(model.spec.pool.selector, servers)},
            "targetPorts": [{"number": plan.release.serving("port")}],
            "endpointPickerRef": {
                "name": picker_name(model),
                "port": {"number": plan.release.serving("epp", "grpc_port")},
                "failureMode": _failure_mode(plan, model),
            },
        }},
        rule="gke/pool", why="the servers that requests may go to",
    )  # fmt: skip


def _failure_mode(plan: Plan, model: ModelPlan) -> Traced[str]:
    """Where requests go while the endpoint picker is away; a prefill server must not get any."""
    closed = literal("FailClose", "gke/pool", "a prefill server would answer with one token")
    usual = plan.release.value("picker", "failure_mode") if model.prefill is None else closed
    return given_or(model.spec.pool.failureMode, usual)


def _google(
    plan: Plan, model: ModelPlan, target: dict[str, Any], scope: Scope, when: Traced[bool]
) -> Iterator[Rendered]:
    """What a load balancer of Google has to be told of the pool."""
    port = plan.release.serving("port")
    # The current definition refuses a port without the word that says how it is chosen.
    http = {"requestPath": "/health", "port": port, "portSpecification": "USE_FIXED_PORT"}
    check = {"type": "HTTP", "httpHealthCheck": http}
    times = plan.release.row.data["picker"].get("health_check", ())
    often = {key: plan.release.value("picker", "health_check", key) for key in times}
    yield obj(
        replace(scope, when=all_of(when, model.spec.pool.healthCheckPolicy)), GKE,
        "HealthCheckPolicy", pool_name(model),
        {"spec": {"default": {**often, "config": check}, "targetRef": target}},
        rule="gke/health-check",
        why="Google's health checks ask for / unless told otherwise, which no model server has",
    )  # fmt: skip
    yield obj(
        replace(scope, when=all_of(when, model.spec.pool.backendPolicy)), GKE, "GCPBackendPolicy",
        pool_name(model),
        {"spec": {
            "default": {
                # Google's limit for a backend is 30 s unless a policy says otherwise.
                "timeoutSec": plan.stack.spec.gateway.limits.requestSeconds,
                "securityPolicy": When(
                    is_set(plan.stack.spec.gateway.limits.securityPolicy),
                    plan.stack.spec.gateway.limits.securityPolicy,
                ),
                "logging": {"enabled": True},
            },
            "targetRef": target,
        }},
        rule="gke/backend", why="how the load balancer treats the pool",
    )  # fmt: skip


def picker_host(plan: Plan, model: ModelPlan) -> Traced[str]:
    """The name of the endpoint picker's Service in the cluster."""
    space = plan.stack.spec.serving.namespace
    return text("{}.{}.svc.cluster.local", picker_name(model), space)


def picker_rule(scope: Scope, name: Traced[str], host: Traced[str]) -> Rendered:
    """The DestinationRule for an endpoint picker that signs its own certificate."""
    unverified = Because(True, "istio/picker-tls", "the endpoint picker signs its own certificate")
    tls = {"mode": "SIMPLE", "insecureSkipVerify": unverified}
    return obj(
        scope, "networking.istio.io/v1", "DestinationRule", name,
        {"spec": {"host": host, "trafficPolicy": {"tls": tls}}}, rule="istio/picker-tls",
        why="the gateway speaks TLS to the endpoint picker",
    )  # fmt: skip


def route(plan: Plan, model: ModelPlan, target: dict[str, Any], scope: Scope, why: str) -> Rendered:
    """The route of a model, at the address of KServe's unless the spec has another path."""
    gateway, given = plan.stack.spec.gateway, model.spec.route
    wanted = routed(plan) if scope.when is None else all_of(scope.when, routed(plan))
    path = route_path(plan.stack.spec, model.spec)
    below = given.path.map("path to remove", "servers answer at /", lambda path: path != "/")
    rewrite = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}
    return obj(
        scope, "gateway.networking.k8s.io/v1", "HTTPRoute",
        given_or(model.spec.names.route, model.spec.name),
        {"spec": {
            "parentRefs": [{"name": gateway.name, "namespace": gateway.namespace}],
            "rules": [{
                "matches": [{"path": {"type": "PathPrefix", "value": path}}],
                "filters": When(below, [{"type": "URLRewrite", "urlRewrite": rewrite}]),
                "backendRefs": [target],
                # GKE takes no timeouts in a route.
                "timeouts": When(in_cluster(plan), {"request": _longest(plan)}),
            }],
        }},
        rule="gke/route", why=why, when=wanted,
    )  # fmt: skip


def called(model: ModelPlan) -> Iterator[Traced[str]]:
    """The names in requests besides that of the model: of its adapters and aliases."""
    yield from (adapter.name for adapter in model.spec.adapters)
    yield from (alias.name for alias in model.spec.aliases)


def rewrite(plan: Plan, model: ModelPlan, pool: Traced[str]) -> Iterator[Rendered]:
    """The names that the endpoint picker of a pool replaces; nothing without aliases."""
    if not model.spec.aliases:
        return
    rules = [
        {
            "matches": [{"model": {"type": "Exact", "value": alias.name}}],
            "targets": [
                {"modelRewrite": one.name, "weight": one.weight} for one in alias.targets
            ],
        }
        for alias in model.spec.aliases
    ]  # fmt: skip
    space = plan.stack.spec.serving.namespace
    yield obj(
        Scope(plan, FOLDER, space, model.spec.scheduler, labels=model.spec.labels),
        "llm-d.ai/v1alpha2", "InferenceModelRewrite", model.spec.name,
        {"spec": {"poolRef": {"group": POOLS, "name": pool}, "rules": rules}},
        rule="serving/aliases", why="the endpoint picker replaces the name before it chooses",
    )  # fmt: skip


def _longest(plan: Plan) -> Traced[str]:
    return text("{}s", plan.stack.spec.gateway.limits.requestSeconds)


def _ai_route(plan: Plan, model: ModelPlan, target: dict[str, Any], scope: Scope) -> Rendered:
    """The route whose tokens Envoy AI Gateway counts. It tells models by the name in the body.

    vLLM answers to the name of each adapter as well, and a name without a match gets 404.
    """
    gateway = plan.stack.spec.gateway
    names = [model.served_name, *called(model)]
    matches = computed(
        "matches", "the names of the model, its adapters and aliases, each once",
        lambda names: [
            {"headers": [{"type": "Exact", "name": MODEL_HEADER, "value": name}]}
            for name in dict.fromkeys(names)
        ], names,
    )  # fmt: skip
    return obj(
        scope, AI_API, "AIGatewayRoute", model.spec.name,
        {"spec": {
            "parentRefs": [{
                "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway.name,
                "namespace": gateway.namespace,
            }],
            "rules": [{
                "matches": matches,
                "backendRefs": [target],
                "timeouts": {"request": _longest(plan)},
            }],
            "llmRequestCosts": [{"metadataKey": "llm_total_token", "type": "TotalToken"}],
        }},
        rule="access/ai-route", why="the gateway counts the tokens of each answer",
    )  # fmt: skip
