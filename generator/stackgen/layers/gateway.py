"""Layer 3-gateway: the inference Gateway and the settings of its pods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.layers.access_envoy import envoy_access
from stackgen.layers.access_kuadrant import kuadrant_access
from stackgen.layers.api_keys import api_keys
from stackgen.layers.authentication import authentication
from stackgen.layers.listeners import (
    FOLDER,
    acme_issuer,
    certificates,
    listeners,
    redirect_route,
)
from stackgen.layers.mesh import webhooks
from stackgen.origin import Traced, When, all_of, any_of, is_set, is_value
from stackgen.plan.model import Plan
from stackgen.plan.traces import by_envoy
from stackgen.platforms.registry import rendering_of
from stackgen.render.gateway_class import envoy, in_cluster, istio, rendered
from stackgen.render.objects import Rendered, Scope, obj, yaml_text
from stackgen.render.tracing import ENVOY, ENVOY_PROXY, envoy_proxy, telemetry


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.gateway.namespace, rendered(plan))


def layer(plan: Plan) -> Iterator[Rendered]:
    """The ConfigMap first: a Gateway whose parameters are missing is never programmed."""
    yield from webhooks(plan, FOLDER)
    yield _config(plan)
    yield envoy_proxy(plan, FOLDER)
    yield _class(plan)
    yield acme_issuer(plan)
    yield from certificates(plan)
    yield _gateway(plan)
    yield redirect_route(plan)
    yield from authentication(plan)
    yield from api_keys(plan)
    yield from envoy_access(plan)
    yield from kuadrant_access(plan)
    yield telemetry(plan, FOLDER)


def _settings(plan: Plan) -> Traced[bool]:
    """Whether the gateway's Pods need settings: a CA that they mount, or a pull secret."""
    authority = rendering_of(plan).authority(plan)
    pull = is_set(plan.stack.spec.serving.imagePullSecret)
    return all_of(
        rendered(plan), istio(plan), pull if authority is None else any_of(authority.mounted, pull)
    )


def _config(plan: Plan) -> Rendered:
    return obj(
        _scope(plan), "v1", "ConfigMap", plan.release.value("istio", "gateway_config"),
        {"data": {"deployment": yaml_text(
            _deployment(plan), "gateway/pod-settings",
            "merged by Istio into the Deployment it makes for the Gateway",
        )}},
        rule="gateway/config", why="settings of the gateway's Pods, read by Istio",
        when=_settings(plan),
    )  # fmt: skip


def _deployment(plan: Plan) -> dict[str, Any]:
    secret = plan.stack.spec.serving.imagePullSecret
    pod: dict[str, Any] = {"imagePullSecrets": When(is_set(secret), [{"name": secret}])}
    authority = rendering_of(plan).authority(plan)
    if authority is not None:
        bundle, mounted = authority.bundle, authority.mounted
        mount = {"name": bundle, "mountPath": authority.gateway_mount, "readOnly": True}
        proxy = [{"name": "istio-proxy", "volumeMounts": [mount]}]
        pod["containers"] = When(mounted, proxy)
        pod["volumes"] = When(mounted, [{"name": bundle, "configMap": {"name": bundle}}])
    return {"spec": {"template": {"spec": pod}}}


def _class(plan: Plan) -> Rendered:
    """The class of Envoy Gateway, which its chart does not bring."""
    return obj(
        Scope(plan, FOLDER), "gateway.networking.k8s.io/v1", "GatewayClass",
        plan.stack.spec.gateway.class_,
        {"spec": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"}},
        when=all_of(envoy(plan), plan.managed.envoy), rule="gateway/class",
        why="Envoy Gateway serves Gateways of this class",
    )  # fmt: skip


def _gateway(plan: Plan) -> Rendered:
    gateway = plan.stack.spec.gateway
    internal = is_value(gateway.exposure, "internal")
    labels: Traced[Any] = plan.release.serving("gateway_labels")
    parameters = {
        "group": "",
        "kind": "ConfigMap",
        "name": plan.release.value("istio", "gateway_config"),
    }
    labeled, settings = labels.map("has labels", "by the release", bool), _settings(plan)
    if by_envoy(plan).value:
        settings = by_envoy(plan)
        parameters = {"group": ENVOY, "kind": ENVOY_PROXY, "name": gateway.name}
    infrastructure = {
        "labels": When(labeled, labels),
        "annotations": When(internal, {"networking.gke.io/load-balancer-type": "Internal"}),
        "parametersRef": When(settings, parameters),
    }
    # Without labels in its row, the release decides nothing here.
    has_labels = plan.release.row.data[plan.release.platform]["gateway_labels"]
    reasons = (labeled, internal, settings) if has_labels else (internal, settings)
    told = all_of(in_cluster(plan), any_of(*reasons))
    spec = {
        "gatewayClassName": gateway.class_,
        "listeners": listeners(plan),
        "infrastructure": When(told, infrastructure),
    }
    return obj(
        replace(_scope(plan), labels=gateway.labels), "gateway.networking.k8s.io/v1", "Gateway",
        gateway.name, {"spec": spec}, annotations=gateway.annotations.value, rule="gateway/gateway",
        why="where requests for all models come in",
    )  # fmt: skip
