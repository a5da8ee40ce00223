"""Where the keys of clients are, and what their Secrets need for what verifies them."""

from __future__ import annotations

from typing import Any

from stackgen.origin import Traced, When, computed, is_set
from stackgen.plan.access import by_kuadrant
from stackgen.plan.model import Plan
from stackgen.spec.access import ApiKey

GATEWAY_LABEL = "stackgen.dev/gateway"
TENANT = "stackgen.dev/tenant"
# Authorino reads Secrets with this label, and the key at this entry.
# Source: Kuadrant/authorino v0.27.0 docs/features.md, API key.
AUTHORINO = {"authorino.kuadrant.io/managed-by": "authorino"}
ENTRY = "api_key"
USER = "secret.kuadrant.io/user-id"


def namespace_of(plan: Plan) -> Traced[str]:
    """Where the Secrets are: with Kuadrant, or with the policy of Envoy Gateway."""
    kuadrant = plan.release.optional("namespaces", "kuadrant")
    gateway = plan.stack.spec.gateway.namespace
    if kuadrant is None:
        return gateway
    return computed(
        "namespace of the keys", "of what verifies them", lambda on, a, b: a if on else b,
        by_kuadrant(plan.stack.spec), kuadrant, gateway,
    )  # fmt: skip


def entry_of(plan: Plan, key: ApiKey) -> Traced[str]:
    """The entry of the Secret with the key. For Envoy Gateway it is the name of the client."""
    return computed(
        "entry", "as what verifies keys reads it", lambda on, name: ENTRY if on else name,
        by_kuadrant(plan.stack.spec), key.name,
    )  # fmt: skip


def marks(plan: Plan, key: ApiKey) -> dict[str, dict[Any, Any]]:
    """Labels and annotations of the Secret, for Kuadrant."""
    notes: dict[Any, Any] = {USER: key.name}
    tenant = _tenant(plan, key)
    notes[TENANT] = When(is_set(tenant), tenant)
    return {
        "labels": {**AUTHORINO, GATEWAY_LABEL: plan.stack.spec.gateway.name},
        "annotations": notes,
    }


def _tenant(plan: Plan, key: ApiKey) -> Traced[str | None]:
    """The tenant that names the client."""
    tenants = plan.stack.spec.gateway.tenants
    return computed(
        "tenant", "that names the client",
        lambda name, names, clients: next(
            (one for one, mine in zip(names, clients, strict=True) if name in mine), None
        ),
        key.name, [one.name for one in tenants], [list(one.apiKeys) for one in tenants],
    )  # fmt: skip
