"""Phase operators: cert-manager, Istio (sail) and LeaderWorkerSet operators from their charts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.platform.operands import ISTIO_UNDER_ARGO
from stackgen.origin import Traced, When, computed, is_set
from stackgen.plan.model import Plan
from stackgen.render.helm import Chart, install
from stackgen.render.objects import Rendered, Scope, obj

FOLDER = "2-platform/operators"


def phase(plan: Plan) -> Iterator[Rendered]:
    """The ServiceAccount the LWS operator needs first, then the charts."""
    release, mine = plan.release, plan.managed
    pull = plan.stack.spec.serving.imagePullSecret
    yield obj(
        Scope(plan, FOLDER, release.value("namespaces", "lws_operator")), "v1", "ServiceAccount",
        "lws-controller-manager", {"imagePullSecrets": When(is_set(pull), [{"name": pull}])},
        rule="platform/lws-account", why="the operator's workload pulls from the same registry",
        annotations={"kustomize.toolkit.fluxcd.io/ssa": "Merge"}, when=mine.lws,
    )  # fmt: skip
    secret = {"pullSecret": When(is_set(pull), {"name": pull})}
    cert_manager = {
        "operatorNamespace": release.value("namespaces", "cert_manager_operator"),
        "operandNamespace": release.value("namespaces", "cert_manager"),
        **secret,
    }
    sail = {
        "namespace": release.value("namespaces", "istio"),
        "istioVersion": release.value("istio", "version"),
        "bundle": {"source": "redhat"},
        **secret,
    }
    lws = {"namespace": release.value("namespaces", "lws_operator"), **secret}
    for name, why, wanted, values in (
        ("cert-manager-operator", "TLS certificates", mine.cert_manager, cert_manager),
        ("sail-operator", "the Istio control plane", mine.istio, sail),
        ("lws-operator", "leader/worker groups", mine.lws, lws),
    ):
        yield from install(plan, FOLDER, _chart(plan, name, why, wanted, values))


def _chart(plan: Plan, name: str, why: str, when: Traced[bool], values: dict[str, Any]) -> Chart:
    renders: Traced[list[str]] = plan.release.value("charts", name, "renders")
    kept: Traced[list[str]] | list[Traced[str]] = (
        plan.release.optional("charts", name, "kept") or []
    )
    return Chart(
        name=name,
        namespace=plan.release.value("charts", name, "namespace"),
        why=why,
        git="charts",
        path=plan.release.value("charts", name, "path"),
        values=values,
        dropped=computed("kinds", why, _dropped, renders, kept),
        shared_crds=plan.release.optional("charts", name, "shared_crds"),
        when=when,
        replaced=ISTIO_UNDER_ARGO if "Istio" in renders.value else "",
    )


def _dropped(renders: list[str], kept: list[str]) -> list[str]:
    return [*(kind for kind in renders if kind not in kept), "Namespace", "Secret"]
