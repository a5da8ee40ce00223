"""The Secrets with the keys of clients: copied from Secret Manager, as their reader needs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.access_kuadrant import GATEWAY_LABEL, TENANT
from stackgen.layers.listeners import FOLDER
from stackgen.layers.platform.secrets import STORE
from stackgen.origin import Traced, When, computed, is_set, is_value
from stackgen.plan.access import by_kuadrant
from stackgen.plan.model import Plan
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.spec.access import ApiKey

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


def api_keys(plan: Plan) -> Iterator[Rendered]:
    """An ExternalSecret for each client."""
    spec = plan.stack.spec
    for key in spec.gateway.authentication.apiKeys:
        yield obj(
            Scope(plan, FOLDER, namespace_of(plan)), "external-secrets.io/v1", "ExternalSecret",
            key.secret,
            {"spec": {
                "refreshInterval": "1h",
                "secretStoreRef": {"kind": "ClusterSecretStore", "name": STORE},
                "target": {
                    "name": key.secret,
                    "creationPolicy": "Owner",
                    "template": When(by_kuadrant(spec), {"metadata": marks(plan, key)}),
                },
                "data": [{
                    "secretKey": entry_of(plan, key), "remoteRef": {"key": key.secret},
                }],
            }},
            when=is_value(spec.secrets.manager, "external-secrets"), rule="access/key",
            why="copies the key of a client from Secret Manager",
        )  # fmt: skip
