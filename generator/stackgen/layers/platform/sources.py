"""Phases namespaces and sources: every namespace and, for Flux, the pinned places of the parts."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.layers.mesh import cni_namespace
from stackgen.origin import all_of, any_of, is_value
from stackgen.plan.model import Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render.objects import NAMESPACES, Rendered, Scope, namespace
from stackgen.render.sources import Source, source

# Of a chart with a repository or a registry of its own.
_APART = {"git", "source"}
# Key of the release row, the choice of secrets.manager, what it is.
SECRET_OPERATORS = (
    ("external_secrets", "external-secrets", "External Secrets"),
    ("reflector", "reflector", "Reflector"),
)


def phase(plan: Plan) -> Iterator[Rendered]:
    """Git repositories and charts, by the release row."""
    flux = is_value(plan.stack.spec.delivery.engine, "flux")
    for one in every_source(plan):
        yield source(plan, one, flux)


def every_source(plan: Plan) -> list[Source]:
    """Where all parts of the platform come from: Git repositories, then registries."""
    return sorted(_sources(plan), key=lambda one: one.chart)


def _sources(plan: Plan) -> Iterator[Source]:
    charts, spec = plan.release.row.data["charts"], plan.stack.spec
    together = [plan.installs(name) for name, row in charts.items() if not row.keys() & _APART]
    if together:
        yield Source("charts", "charts of the operators", any_of(*together))
    for name, row in charts.items():
        if "git" in row:
            yield Source(row["git"], f"the chart {name}", plan.installs(name))
        elif "source" in row:
            yield Source(row["source"], f"the chart {name}", plan.installs(name), chart=True)
    if "envoy_gateway_crds" in plan.release.row.data["sources"]:
        yield Source("envoy_gateway_crds", "the CRDs of Envoy Gateway", plan.managed.envoy)
    yield from rendering_of(plan).sources(plan)
    crds = is_value(spec.cluster.gatewayApi, "stack")
    yield Source("gateway_api", "the CRDs of the Gateway API", crds)
    for key, manager, why in SECRET_OPERATORS:
        wanted = all_of(plan.managed.secret_operator, is_value(spec.secrets.manager, manager))
        yield Source(key, why, wanted, chart=True)


def namespaces(plan: Plan) -> Iterator[Rendered]:
    """All of them, before anything that goes into one: policies among it."""
    release, mine, spec = plan.release, plan.managed, plan.stack.spec
    for key, why, wanted in (
        ("cert_manager_operator", "runs the cert-manager operator", mine.cert_manager),
        ("cert_manager", "runs cert-manager and keeps the CA", mine.cert_manager),
        ("istio", "runs istiod and its operator", mine.istio),
        ("envoy_gateway", "runs Envoy Gateway", mine.envoy),
        ("envoy_ai_gateway", "runs Envoy AI Gateway", mine.envoy),
        ("lws_operator", "runs the LeaderWorkerSet operator", mine.lws),
        ("keda", "runs KEDA", mine.keda),
        ("kuadrant", "runs Kuadrant, and holds the keys of clients", mine.kuadrant),
        ("redis", "runs Redis, in which requests and tokens are counted", mine.redis),
    ):
        name = release.optional("namespaces", key)
        if name is not None:
            yield namespace(Scope(plan, NAMESPACES), name, why, when=wanted)
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
        when=spec.serving.createNamespace,
        labels={"istio-injection": spec.mesh.sidecars.map(
            "injection", "whether Istio adds a sidecar to every Pod",
            lambda on: "enabled" if on else "disabled",
        )},
    )  # fmt: skip
