"""Layer 3-gateway: the inference Gateway and the settings of its pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.authentication import authentication
from stackgen.layers.listeners import (
    FOLDER,
    acme_issuer,
    certificates,
    listeners,
    redirect_route,
)
from stackgen.layers.mesh import webhooks
from stackgen.origin import Traced, When, all_of, is_set, is_value
from stackgen.plan.model import Plan
from stackgen.platforms.model import Authority
from stackgen.platforms.registry import rendering_of
from stackgen.render.gateway_class import istio
from stackgen.render.objects import Rendered, Scope, obj, yaml_text


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.gateway.namespace)


def layer(plan: Plan) -> Iterator[Rendered]:
    """The ConfigMap first: a Gateway whose parameters are missing is never programmed."""
    yield from webhooks(plan, FOLDER)
    authority = rendering_of(plan).authority(plan)
    if authority is not None:
        yield _config(plan, authority)
    yield acme_issuer(plan)
    yield from certificates(plan)
    yield _gateway(plan)
    yield redirect_route(plan)
    yield from authentication(plan)


def _config(plan: Plan, authority: Authority) -> Rendered:
    return obj(
        _scope(plan), "v1", "ConfigMap", plan.release.value("istio", "gateway_config"),
        {"data": {"deployment": yaml_text(
            _deployment(plan, authority), "gateway/pod-settings",
            "merged by Istio into the Deployment it makes for the Gateway",
        )}},
        rule="gateway/config", why="settings of the gateway's pods, read by Istio",
        when=all_of(istio(plan), authority.mounted),
    )  # fmt: skip


def _deployment(plan: Plan, authority: Authority) -> dict[str, Any]:
    bundle = authority.bundle
    secret = plan.stack.spec.serving.imagePullSecret
    mount = {
        "name": bundle,
        "mountPath": authority.gateway_mount,
        "readOnly": True,
    }
    pod = {
        "imagePullSecrets": When(is_set(secret), [{"name": secret}]),
        "containers": [{"name": "istio-proxy", "volumeMounts": [mount]}],
        "volumes": [{"name": bundle, "configMap": {"name": bundle}}],
    }
    return {"spec": {"template": {"spec": pod}}}


def _gateway(plan: Plan) -> Rendered:
    gateway = plan.stack.spec.gateway
    internal = is_value(gateway.exposure, "internal")
    labels: Traced[Any] = plan.release.serving("gateway_labels")
    infrastructure = {
        "labels": labels,
        "annotations": When(internal, {"networking.gke.io/load-balancer-type": "Internal"}),
        "parametersRef": {
            "group": "",
            "kind": "ConfigMap",
            "name": plan.release.value("istio", "gateway_config"),
        },
    }
    spec = {
        "gatewayClassName": gateway.class_,
        "listeners": listeners(plan),
        "infrastructure": When(istio(plan), infrastructure),
    }
    return obj(
        _scope(plan), "gateway.networking.k8s.io/v1", "Gateway", gateway.name, {"spec": spec},
        rule="gateway/gateway", why="where requests for all models come in",
    )  # fmt: skip
