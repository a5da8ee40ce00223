"""Phase operands: what the operators run. Argo CD cannot drop a chart's own copies: see `own`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.objects import Made, is_set, is_value, obj
from stackgen.origin import Because, When
from stackgen.plan.model import Plan

FOLDER = "2-platform/operands"


def phase(plan: Plan) -> Iterator[Made]:
    """CertManager with the Infrastructure it reads, Istio, LeaderWorkerSetOperator."""
    # Under Argo CD the charts' own operands stay: two owners of one object would fight.
    own = is_value(plan.stack.spec.delivery.engine, "argocd").map(
        "own operands", "Argo CD cannot drop what a chart renders", lambda argo: not argo
    )
    levels = {"managementState": "Managed", "logLevel": "Normal", "operatorLogLevel": "Normal"}
    yield obj(
        plan, FOLDER, "config.openshift.io/v1", "Infrastructure", "cluster",
        {
            "spec": {"platformSpec": {"type": "None"}},
            "status": {
                "controlPlaneTopology": "HighlyAvailable",
                "infrastructureTopology": "HighlyAvailable",
                "platform": "None",
            },
        },
        when=own, rule="platform/infrastructure",
        why="the cert-manager operator reads it; outside of OpenShift nobody else writes it",
    )  # fmt: skip
    yield obj(
        plan, FOLDER, "operator.openshift.io/v1alpha1", "CertManager", "cluster", {"spec": levels},
        when=own, rule="platform/cert-manager", why="runs cert-manager",
    )  # fmt: skip
    yield obj(
        plan, FOLDER, "sailoperator.io/v1", "Istio", "default", {"spec": _istio(plan)},
        when=own, rule="platform/istio", why="runs istiod, which programs the gateway",
    )  # fmt: skip
    yield obj(
        plan, FOLDER, "operator.openshift.io/v1", "LeaderWorkerSetOperator", "cluster",
        {"spec": levels},
        when=own, rule="platform/lws",
        why="KServe watches its API once, at start: it must be there before",
    )  # fmt: skip


def _istio(plan: Plan) -> dict[str, Any]:
    pull = plan.stack.spec.serving.imagePullSecret
    flag = plan.release.quirk("inference-extension-flag")
    return {
        "namespace": plan.release.value("istio", "namespace"),
        "version": plan.release.value("istio", "version"),
        "updateStrategy": {"type": "InPlace"},
        "values": {
            "global": When(is_set(pull), {"imagePullSecrets": [pull]}),
            "pilot": {
                "autoscaleMin": 2,
                "resources": {"requests": plan.release.value("istio", "requests")},
                "env": Because(
                    {"ENABLE_GATEWAY_API_INFERENCE_EXTENSION": "true"},
                    "platform/inference-extension", "routes to InferencePools", (flag,),
                ),
            },
            "meshConfig": {"accessLogFile": "/dev/stdout"},
        },
    }  # fmt: skip
