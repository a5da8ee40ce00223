"""Phase sources: the namespaces of the platform and, for Flux, the pinned places of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from operator import ne

from stackgen.layers.mesh import cni_namespace
from stackgen.layers.objects import Rendered, Scope, namespace, obj
from stackgen.origin import Traced, all_of, any_of, computed, is_value, text
from stackgen.plan.model import Plan

FOLDER = "2-platform/sources"
FLUX = "flux-system"
# Key of the release row, the choice of secrets.manager, what it is.
SECRET_OPERATORS = (
    ("external_secrets", "external-secrets", "External Secrets"),
    ("reflector", "reflector", "Reflector"),
)


def phase(plan: Plan) -> Iterator[Rendered]:
    """Namespaces, then sources."""
    yield from _namespaces(plan)
    mine = plan.managed
    flux = is_value(plan.stack.spec.delivery.engine, "flux")
    charts = any_of(mine.cert_manager, mine.istio, mine.lws)
    yield _git(plan, "charts", all_of(flux, charts), "charts of the operators")
    yield _git(plan, "kserve", all_of(flux, mine.kserve), "the KServe controller and its presets")
    crds = is_value(plan.stack.spec.cluster.gatewayApi, "stack")
    yield _git(plan, "gateway_api", all_of(flux, crds), "the CRDs of the Gateway API")
    yield _chart(plan, "trust_manager", all_of(flux, mine.ca_bundle), "trust-manager")
    for key, manager, why in SECRET_OPERATORS:
        wanted = all_of(mine.secret_operator, is_value(plan.stack.spec.secrets.manager, manager))
        yield _chart(plan, key, all_of(flux, wanted), why)


def _namespaces(plan: Plan) -> Iterator[Rendered]:
    release, mine, spec = plan.release, plan.managed, plan.stack.spec
    for key, why, wanted in (
        ("cert_manager_operator", "runs the cert-manager operator", mine.cert_manager),
        ("cert_manager", "runs cert-manager and keeps the CA", mine.cert_manager),
        ("istio", "runs istiod and its operator", mine.istio),
        ("lws_operator", "runs the LeaderWorkerSet operator", mine.lws),
    ):
        yield namespace(
            Scope(plan, FOLDER), release.value("namespaces", key), why, when=wanted,
        )  # fmt: skip
    yield from cni_namespace(plan)
    for key, manager, why in SECRET_OPERATORS:
        wanted = all_of(mine.secret_operator, is_value(spec.secrets.manager, manager))
        yield namespace(
            Scope(plan, FOLDER), release.value("namespaces", key), f"runs {why}", pull_secret=False,
            when=wanted,
        )  # fmt: skip
    yield namespace(
        Scope(plan, FOLDER), spec.secrets.sourceNamespace,
        "holds the Secrets that Reflector copies", pull_secret=False,
        when=is_value(spec.secrets.manager, "reflector"),
    )  # fmt: skip
    controller, gateway = release.value("kserve", "namespace"), spec.gateway.namespace
    apart = computed("are two", "", ne, controller, gateway)
    yield namespace(
        Scope(plan, FOLDER), controller, "runs the KServe controller",
        when=all_of(mine.kserve, apart),
    )  # fmt: skip
    yield namespace(
        Scope(plan, FOLDER), gateway, "runs the gateway and the KServe controller",
        when=any_of(mine.kserve, apart),
    )  # fmt: skip
    # Before the secrets: who brings them needs the namespace.
    yield namespace(
        Scope(plan, FOLDER), spec.serving.namespace, "where the models run",
        labels={"istio-injection": spec.mesh.sidecars.map(
            "injection", "whether Istio adds a sidecar to every pod",
            lambda on: "enabled" if on else "disabled",
        )},
    )  # fmt: skip


def _git(plan: Plan, key: str, flux: Traced[bool], why: str) -> Rendered:
    source = ("sources", key)
    body = {
        "spec": {
            "interval": "1h",
            "url": plan.release.value(*source, "url"),
            "ref": {"commit": plan.release.value(*source, "commit")},
        }
    }
    return obj(
        Scope(plan, FOLDER, FLUX), "source.toolkit.fluxcd.io/v1", "GitRepository",
        key.replace("_", "-"), body, when=flux, rule="platform/source", why=why,
    )  # fmt: skip


def _chart(plan: Plan, key: str, wanted: Traced[bool], why: str) -> Rendered:
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
        Scope(plan, FOLDER, FLUX), "source.toolkit.fluxcd.io/v1", "OCIRepository", chart, body,
        when=wanted, rule="platform/source", why=why,
    )  # fmt: skip
