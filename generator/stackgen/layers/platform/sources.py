"""Phase sources: the namespaces of the platform and, for Flux, the pinned places of its parts."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.layers.gateway_class import istio
from stackgen.layers.mesh import cni_namespace
from stackgen.layers.objects import Made, both, is_value, namespace, obj
from stackgen.origin import Traced, text
from stackgen.plan.model import Plan

FOLDER = "2-platform/sources"
FLUX = "flux-system"

_NAMESPACES = (
    ("cert_manager_operator", "runs the cert-manager operator"),
    ("cert_manager", "runs cert-manager and keeps the CA"),
    ("istio", "runs istiod and its operator"),
    ("lws_operator", "runs the LeaderWorkerSet operator"),
)


def phase(plan: Plan) -> Iterator[Made]:
    """Namespaces, then sources."""
    release = plan.release
    for key, why in _NAMESPACES:
        when = istio(plan) if key == "istio" else None
        yield namespace(plan, FOLDER, release.value("namespaces", key), why, when=when)
    yield namespace(
        plan, FOLDER, release.value("namespaces", "external_secrets"), "runs External Secrets",
        pull_secret=False, when=is_value(plan.stack.spec.secrets.manager, "external-secrets"),
    )  # fmt: skip
    yield from cni_namespace(plan)
    yield namespace(
        plan,
        FOLDER,
        plan.stack.spec.gateway.namespace,
        "runs the gateway and the KServe controller",
    )
    flux = is_value(plan.stack.spec.delivery.engine, "flux")
    yield _git(plan, "charts", flux, "charts of the operators")
    yield _git(plan, "kserve", flux, "the KServe controller and its presets")
    yield _chart(plan, "trust_manager", both(flux, istio(plan)), "trust-manager")
    store = is_value(plan.stack.spec.secrets.manager, "external-secrets")
    yield _chart(plan, "external_secrets", both(flux, store), "External Secrets")


def _git(plan: Plan, key: str, flux: Traced[bool], why: str) -> Made:
    source = ("sources", key)
    body = {
        "spec": {
            "interval": "1h",
            "url": plan.release.value(*source, "url"),
            "ref": {"commit": plan.release.value(*source, "commit")},
        }
    }
    return obj(
        plan, FOLDER, "source.toolkit.fluxcd.io/v1", "GitRepository", key, body,
        namespace=FLUX, when=flux, rule="platform/source", why=why,
    )  # fmt: skip


def _chart(plan: Plan, key: str, wanted: Traced[bool], why: str) -> Made:
    source = ("sources", key)
    registry, chart = plan.release.value(*source, "registry"), plan.release.value(*source, "chart")
    body = {
        "spec": {
            "interval": "24h",
            "url": text("oci://{}/{}", registry, chart),
            "layerSelector": {
                "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                "operation": "copy",
            },
            "ref": {"tag": plan.release.value(*source, "version")},
        }
    }
    return obj(
        plan, FOLDER, "source.toolkit.fluxcd.io/v1", "OCIRepository", chart, body,
        namespace=FLUX, when=wanted, rule="platform/source", why=why,
    )  # fmt: skip
