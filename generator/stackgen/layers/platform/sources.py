"""Phases namespaces and sources: every namespace and, for Flux, the pinned places of the parts."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.layers.mesh import cni_namespace
from stackgen.origin import all_of, any_of, is_value
from stackgen.plan.model import Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render.objects import NAMESPACES, Rendered, Scope, namespace
from stackgen.render.sources import chart_source, git_source

# Key of the release row, the choice of secrets.manager, what it is.
SECRET_OPERATORS = (
    ("external_secrets", "external-secrets", "External Secrets"),
    ("reflector", "reflector", "Reflector"),
)


def phase(plan: Plan) -> Iterator[Rendered]:
    """Git repositories and charts, by the release row."""
    mine = plan.managed
    flux = is_value(plan.stack.spec.delivery.engine, "flux")
    charts = any_of(mine.cert_manager, mine.istio, mine.lws)
    yield git_source(plan, "charts", all_of(flux, charts), "charts of the operators")
    for source in rendering_of(plan).sources(plan):
        yield git_source(plan, source.key, all_of(flux, source.when), source.why)
    crds = is_value(plan.stack.spec.cluster.gatewayApi, "stack")
    yield git_source(plan, "gateway_api", all_of(flux, crds), "the CRDs of the Gateway API")
    yield chart_source(plan, "trust_manager", all_of(flux, mine.ca_bundle), "trust-manager")
    for key, manager, why in SECRET_OPERATORS:
        wanted = all_of(mine.secret_operator, is_value(plan.stack.spec.secrets.manager, manager))
        yield chart_source(plan, key, all_of(flux, wanted), why)


def namespaces(plan: Plan) -> Iterator[Rendered]:
    """All of them, before anything that goes into one: policies among it."""
    release, mine, spec = plan.release, plan.managed, plan.stack.spec
    for key, why, wanted in (
        ("cert_manager_operator", "runs the cert-manager operator", mine.cert_manager),
        ("cert_manager", "runs cert-manager and keeps the CA", mine.cert_manager),
        ("istio", "runs istiod and its operator", mine.istio),
        ("lws_operator", "runs the LeaderWorkerSet operator", mine.lws),
    ):
        yield namespace(
            Scope(plan, NAMESPACES), release.value("namespaces", key), why, when=wanted,
        )  # fmt: skip
    yield from cni_namespace(plan)
    for key, manager, why in SECRET_OPERATORS:
        wanted = all_of(mine.secret_operator, is_value(spec.secrets.manager, manager))
        yield namespace(
            Scope(plan, NAMESPACES), release.value("namespaces", key), f"runs {why}",
            pull_secret=False, when=wanted,
        )  # fmt: skip
    yield namespace(
        Scope(plan, NAMESPACES), spec.secrets.sourceNamespace,
        "holds the Secrets that Reflector copies", pull_secret=False,
        when=is_value(spec.secrets.manager, "reflector"),
    )  # fmt: skip
    yield from rendering_of(plan).namespaces(plan)
    # Before the secrets: who brings them needs the namespace.
    yield namespace(
        Scope(plan, NAMESPACES), spec.serving.namespace, "where the models run",
        labels={"istio-injection": spec.mesh.sidecars.map(
            "injection", "whether Istio adds a sidecar to every pod",
            lambda on: "enabled" if on else "disabled",
        )},
    )  # fmt: skip
