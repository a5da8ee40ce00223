"""Who decides who may call and how much: the gateway itself, Kuadrant, or Envoy Gateway."""

from __future__ import annotations

from collections.abc import Sequence

from stackgen.origin import Traced, all_of, any_of, computed, is_set, is_value
from stackgen.spec.access import Tenant
from stackgen.spec.model import Spec


def some(name: str, items: Sequence[Traced[str]]) -> Traced[bool]:
    """Whether a list of the spec has items."""
    return computed(name, "a choice of the spec", bool, list(items))


def has_keys(spec: Spec) -> Traced[bool]:
    """Whether clients have API keys."""
    return some("API keys", [one.name for one in spec.gateway.authentication.apiKeys])


def has_tokens(spec: Spec) -> Traced[bool]:
    """Whether clients have tokens of an issuer."""
    return some("issuers", [one.issuer for one in spec.gateway.authentication.jwt])


def has_tenants(spec: Spec) -> Traced[bool]:
    """Whether clients belong to tenants."""
    return some("tenants", [one.name for one in spec.gateway.tenants])


def by_kuadrant(spec: Spec) -> Traced[bool]:
    """Whether Kuadrant decides: what Istio's gateway cannot do by itself is asked for."""
    rate = is_set(spec.gateway.limits.requestsPerMinute)
    asked = any_of(has_keys(spec), has_tenants(spec), rate)
    return all_of(is_value(spec.gateway.class_, "istio"), asked)


def counts_tokens(tenants: Sequence[Tenant]) -> Traced[bool]:
    """Whether any tenant has a limit of tokens."""
    limits = [one for t in tenants for one in (t.tokensPerMinute, t.tokensPerDay)]
    return any_of(*(is_set(one) for one in limits))


def counts_requests(spec: Spec) -> Traced[bool]:
    """Whether the requests of a minute are limited, of a tenant or of all."""
    limits = [one.requestsPerMinute for one in spec.gateway.tenants]
    return any_of(*(is_set(one) for one in (spec.gateway.limits.requestsPerMinute, *limits)))


def by_rate_service(spec: Spec) -> Traced[bool]:
    """Whether the rate limit service of Envoy Gateway counts, with its numbers in Redis."""
    counted = any_of(counts_tokens(spec.gateway.tenants), counts_requests(spec))
    return all_of(is_value(spec.gateway.class_, "envoy"), counted)


def by_ai_route(spec: Spec) -> Traced[bool]:
    """Whether models have an AIGatewayRoute: Envoy AI Gateway counts tokens on no other route."""
    envoy = is_value(spec.gateway.class_, "envoy")
    return all_of(envoy, counts_tokens(spec.gateway.tenants))


def refusal(spec: Spec) -> Traced[int]:
    """The status of a request without credentials. Istio's own policy has no 401 for it."""
    return computed(
        "status", "of the policy that rejects it",
        lambda istio, kuadrant: 403 if istio and not kuadrant else 401,
        is_value(spec.gateway.class_, "istio"), by_kuadrant(spec),
    )  # fmt: skip
