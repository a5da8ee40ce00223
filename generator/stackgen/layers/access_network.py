"""Network policies of what decides who may call: Kuadrant, and the rate limits of Envoy Gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from stackgen.layers.platform.redis import LABELS as REDIS
from stackgen.origin import Because, Traced, When, computed
from stackgen.plan.access import by_kuadrant, by_rate_service
from stackgen.plan.model import Plan
from stackgen.render.gateway_class import envoy, gateway_pods
from stackgen.render.objects import Rendered
from stackgen.render.policies import (
    api_server,
    api_server_unknown,
    dns,
    policy,
    public_addresses,
    tcp,
)

# Source: Kuadrant/kuadrant-operator v1.5.2 charts; Kuadrant/authorino-operator v0.25.2
# pkg/resources; Kuadrant/limitador-operator pkg/limitador; envoyproxy/gateway v1.8.1
# internal/infrastructure/kubernetes/ratelimit.
AUTHORINO = {"authorino-resource": "authorino"}
LIMITADOR = {"limitador-resource": "limitador"}
OPERATOR = {"app": "kuadrant", "control-plane": "controller-manager"}
RATE_LIMIT = {"app.kubernetes.io/name": "envoy-ratelimit"}


def gateway_egress(plan: Plan) -> Iterator[Any]:
    """Whom the gateway asks, and where Envoy gets the keys of token issuers from."""
    spec = plan.stack.spec
    for labels, ports in _OF_KUADRANT:
        yield _to(plan, by_kuadrant(spec), "kuadrant", labels, [("kuadrant", p) for p in ports])
    port = [("envoy", "rate_limit_port")]
    yield _to(plan, by_rate_service(spec), "envoy_gateway", RATE_LIMIT, port)
    yield When(envoy(plan), _key_servers(plan))


_OF_KUADRANT: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    (AUTHORINO, ("authorino_port",)),
    (LIMITADOR, ("limitador_port",)),
    (OPERATOR, ("wasm_port", "grpc_port")),
)


def _to(
    plan: Plan, when: Traced[bool], space: str, labels: dict[str, str],
    ports: list[tuple[str, str]],
) -> Any:  # fmt: skip
    namespace = plan.release.optional("namespaces", space)
    found = [plan.release.optional(*path) for path in ports]
    if namespace is None or None in found:
        return When(when, {})
    return When(when, {
        "to": [{
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "podSelector": {"matchLabels": labels},
        }],
        "ports": [tcp(port) for port in found if port is not None],
    })  # fmt: skip


def _key_servers(plan: Plan, *open_443: Traced[bool]) -> When:
    """Public addresses, at the ports of the issuers' keys: they have no fixed ones. Without an
    address of the keys, that of the issuer tells where they are.

    open_443: whether another rule allows port 443 of every public address.
    """
    issuers = plan.stack.spec.gateway.authentication.jwt
    ports = computed(
        "ports of the key servers", "of their addresses",
        lambda pairs, other: [
            tcp(n)
            for n in sorted({_port(uri or issuer) for issuer, uri in pairs})
            if n != 443 or not any(other)
        ],
        [[one.issuer, one.jwksUri] for one in issuers], list(open_443),
    )  # fmt: skip
    # A rule without ports would allow all of them.
    return When(ports.map("is needed", "some port is not open yet", bool), Because(
        {"to": [public_addresses(plan)], "ports": ports},
        "network/key-servers", "tokens are verified with the keys of their issuer",
    ))  # fmt: skip


def _port(uri: str) -> int:
    try:
        url = urlsplit(uri)
        return url.port or (80 if url.scheme == "http" else 443)
    except ValueError:  # an issuer may be called anything
        return 443


def access_policies(plan: Plan) -> Iterator[Rendered]:
    """The gateway alone may ask: another client would learn, or use up, the quota of others."""
    if "kuadrant" in plan.release.row.data:
        yield from _kuadrant(plan)
    if "redis" in plan.release.row.data:
        yield from _redis(plan)


def _kuadrant(plan: Plan) -> Iterator[Rendered]:
    why = "the gateway alone asks who may call and how much"
    more = {
        "authorino": [
            dns(plan),
            api_server(plan, "watches Secrets with keys"),
            _key_servers(plan, api_server_unknown(plan)),
        ],
        "limitador": [],
        "kuadrant-operator": [dns(plan), api_server(plan, "watches policies")],
    }
    for (name, egress), (labels, ports) in zip(more.items(), _OF_KUADRANT, strict=True):
        found = [tcp(plan.release.value("kuadrant", port)) for port in ports]
        spec = {
            "podSelector": {"matchLabels": labels},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [gateway_pods(plan)], "ports": found}],
            "egress": egress,
        }
        yield policy(
            plan, f"allow-{name}", spec, name, why, plan.managed.kuadrant,
            plan.release.value("namespaces", "kuadrant"),
        )  # fmt: skip


def _redis(plan: Plan) -> Iterator[Rendered]:
    here = plan.release.value("namespaces", "redis")
    closed = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    yield policy(
        plan, "default-deny-redis", closed, "default-deny",
        "what no other policy allows is denied", plan.managed.redis, here,
    )  # fmt: skip
    space = plan.release.value("namespaces", "envoy_gateway")
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space}},
        "podSelector": {"matchLabels": RATE_LIMIT},
    }
    spec = {
        "podSelector": {"matchLabels": REDIS},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [peer], "ports": [tcp(plan.release.value("redis", "port"))]}],
        "egress": [],
    }
    yield policy(
        plan, "allow-redis", spec, "redis", "the rate limit service alone counts",
        plan.managed.redis, here,
    )  # fmt: skip
