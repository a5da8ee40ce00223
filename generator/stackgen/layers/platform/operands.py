"""Phase operands: what the operators run.

Some charts render their operand too (`renders` of the release row). Flux drops it. Argo CD cannot,
so it stays, but for Istio: a second source of the chart's Application takes the place of what the
chart says. What no chart renders is rendered here under both engines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers import mesh
from stackgen.layers.platform import redis
from stackgen.origin import Because, Traced, When, all_of, any_of, computed, is_set, is_value
from stackgen.plan.model import Plan
from stackgen.plan.platform_pods import ISTIOD_REPLICAS
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.render.tracing import mesh_config

FOLDER = "2-platform/operands"
ISTIO_UNDER_ARGO = "2-platform/istio"


def phase(plan: Plan) -> Iterator[Rendered]:
    """CertManager, Istio and its CNI, LeaderWorkerSetOperator."""
    charts, mine = plan.release.row.data["charts"], plan.managed
    certificates = "cert-manager-operator"
    levels = {"managementState": "Managed", "logLevel": "Normal", "operatorLogLevel": "Normal"}
    if certificates in charts:
        owned = _own(plan, certificates, "CertManager")
        yield obj(
            Scope(plan, FOLDER), "operator.openshift.io/v1alpha1", "CertManager", "cluster",
            {"spec": levels}, when=all_of(owned, mine.cert_manager),
            rule="platform/cert-manager", why="runs cert-manager",
        )  # fmt: skip
    if "sail-operator" in charts:
        yield from _istio(plan)
    if "kuadrant-operator" in charts:
        yield obj(
            Scope(plan, FOLDER, plan.release.value("namespaces", "kuadrant")),
            "kuadrant.io/v1beta1", "Kuadrant", "kuadrant", {"spec": {}}, when=mine.kuadrant,
            rule="platform/kuadrant", why="runs Authorino and Limitador",
        )  # fmt: skip
    yield from redis.phase(plan)
    if "lws-operator" in charts:
        yield obj(
            Scope(plan, FOLDER), "operator.openshift.io/v1", "LeaderWorkerSetOperator", "cluster",
            {"spec": levels}, rule="platform/lws",
            when=all_of(_own(plan, "lws-operator", "LeaderWorkerSetOperator"), mine.lws),
            why="KServe watches its API once, at start: it must be there before",
        )  # fmt: skip


def _istio(plan: Plan) -> Iterator[Rendered]:
    """What the operator of Istio runs: istiod, and the plugin where there are sidecars."""
    argo = is_value(plan.stack.spec.delivery.engine, "argocd")
    for folder, engine in (
        (FOLDER, _own(plan, "sail-operator", "Istio")),
        (ISTIO_UNDER_ARGO, argo),
    ):
        here = all_of(engine, plan.managed.istio)
        yield obj(
            Scope(plan, folder), "sailoperator.io/v1", "Istio", "default",
            {"spec": {
                "namespace": plan.release.value("istio", "namespace"),
                "version": plan.release.value("istio", "version"),
                "updateStrategy": {"type": "InPlace"},
                "values": istiod_values(plan),
            }},
            when=here, rule="platform/istio", why="runs istiod, which programs the gateway",
        )  # fmt: skip
        yield mesh.cni(plan, folder, here)


def _own(plan: Plan, chart: str, kind: str) -> Traced[bool]:
    """Whether the object of `kind` is rendered here; under Argo CD two owners would fight."""
    kinds: Traced[list[str]] = plan.release.value("charts", chart, "renders")
    theirs = kinds.map("rendered by the chart", "by `helm template`", lambda found: kind in found)
    # Where the chart does not render it, the engine does not matter.
    inputs = (theirs, plan.stack.spec.delivery.engine) if theirs.value else (theirs,)
    return computed(
        "own operands", "Argo CD cannot drop what a chart renders",
        lambda theirs, engine="": not theirs or engine != "argocd", *inputs,
    )  # fmt: skip


def istiod_values(plan: Plan) -> dict[str, Any]:
    """The values of istiod's chart, which the operator of Istio takes as well."""
    pull = plan.stack.spec.serving.imagePullSecret
    flag = plan.release.quirk("inference-extension-flag")
    more = mesh.istio_values(plan)
    shared = {"imagePullSecrets": When(is_set(pull), [pull]), "proxy": more["proxy"]}
    any_shared = any_of(is_set(pull), plan.stack.spec.mesh.sidecars)
    return {
        "global": shared if any_shared.value else When(any_shared, shared),
        "sidecarInjectorWebhook": more["injector"],
        "pilot": {
            "autoscaleMin": ISTIOD_REPLICAS,
            "resources": {"requests": plan.release.value("istio", "requests")},
            "cni": more["pilot"],
            "env": {
                "ENABLE_GATEWAY_API_INFERENCE_EXTENSION": When(flag, Because(
                    "true", "platform/inference-extension", "routes to InferencePools"
                )),
                "ENABLE_NATIVE_SIDECARS": more["env"],
            },
        },
        "meshConfig": {"accessLogFile": "/dev/stdout", **mesh_config(plan)},
    }  # fmt: skip
