"""The Secrets with the keys of clients: copied from Secret Manager, as their reader needs them."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.layers.listeners import FOLDER
from stackgen.layers.platform.secrets import STORE
from stackgen.origin import When, is_value
from stackgen.plan.access import by_kuadrant
from stackgen.plan.api_keys import entry_of, marks, namespace_of
from stackgen.plan.model import Plan
from stackgen.render.objects import Rendered, Scope, obj


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
