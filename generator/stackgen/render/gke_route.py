"""The way of a request from a GKE gateway to a model: route, pool, and the pool's policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.origin import Because, text
from stackgen.plan.model import ModelPlan, Plan
from stackgen.render.endpoint_picker import POOLS, endpoint_picker, picker_name, pool_name
from stackgen.render.gateway_class import gke
from stackgen.render.objects import Rendered, Scope, obj

FOLDER = "4-serving"
GKE = "networking.gke.io/v1"
LONGEST_ANSWER = (
    3600  # seconds; Google's own limit for a backend is 30 unless a policy says otherwise
)


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.serving.namespace, gke(plan))


def gke_route(
    plan: Plan, model: ModelPlan, servers: Mapping[str, Any], why: str
) -> Iterator[Rendered]:
    """The endpoint picker, the pool with its policies, and the route, for a model.

    servers: labels of the pods in the pool. why: for the route.
    """
    space, port = plan.stack.spec.serving.namespace, plan.release.serving("port")
    yield from endpoint_picker(plan, model)
    yield obj(
        _scope(plan), f"{POOLS}/v1", "InferencePool", pool_name(model),
        {"spec": {
            "selector": {"matchLabels": servers},
            "targetPorts": [{"number": port}],
            "endpointPickerRef": {
                "name": picker_name(model),
                "port": {"number": plan.release.serving("epp", "grpc_port")},
                "failureMode": "FailClose",
            },
        }},
        rule="gke/pool", why="the servers that requests may go to",
    )  # fmt: skip
    target = {"group": POOLS, "kind": "InferencePool", "name": pool_name(model)}
    # The current definition refuses a port without the word that says how it is chosen.
    http = {"requestPath": "/health", "port": port, "portSpecification": "USE_FIXED_PORT"}
    check = {"type": "HTTP", "httpHealthCheck": http}
    yield obj(
        _scope(plan), GKE, "HealthCheckPolicy", pool_name(model),
        {"spec": {"default": {"config": check}, "targetRef": target}}, rule="gke/health-check",
        why="Google's health checks ask for / unless told otherwise, which no model server has",
    )  # fmt: skip
    yield obj(
        _scope(plan), GKE, "GCPBackendPolicy", pool_name(model),
        {"spec": {
            "default": {
                "timeoutSec": Because(
                    LONGEST_ANSWER, "gke/timeout", "a long answer takes more than Google's 30 s"
                ),
                "logging": {"enabled": True},
            },
            "targetRef": target,
        }},
        rule="gke/backend", why="how the load balancer treats the pool",
    )  # fmt: skip
    gateway = plan.stack.spec.gateway
    yield obj(
        _scope(plan), "gateway.networking.k8s.io/v1", "HTTPRoute", model.spec.name,
        {"spec": {
            "parentRefs": [{"name": gateway.name, "namespace": gateway.namespace}],
            "rules": [{
                "matches": [{"path": {
                    "type": "PathPrefix", "value": text("/{}/{}", space, model.spec.name),
                }}],
                "filters": [{"type": "URLRewrite", "urlRewrite": {
                    "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"},
                }}],
                "backendRefs": [target],
            }],
        }},
        rule="gke/route", why=why,
    )  # fmt: skip
