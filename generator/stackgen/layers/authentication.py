"""Who may call Istio's gateway: tokens that it verifies, and a policy that demands one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.layers.listeners import FOLDER
from stackgen.origin import Because, Traced, When, all_of, text
from stackgen.plan.access import by_kuadrant
from stackgen.plan.listeners import redirects
from stackgen.plan.model import Plan
from stackgen.render.gateway_class import istio
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.spec.access import Jwt

API = "security.istio.io/v1"


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.gateway.namespace)


def authentication(plan: Plan) -> Iterator[Rendered]:
    """A RequestAuthentication, which rejects bad tokens, and an AuthorizationPolicy, which rejects
    requests without one. Kuadrant, where it decides, verifies tokens itself.
    """
    gateway = plan.stack.spec.gateway
    issuers = gateway.authentication.jwt
    if not issuers:
        return
    alone = by_kuadrant(plan.stack.spec).map("no Kuadrant", "", lambda other: not other)
    scope = replace(_scope(plan), when=all_of(istio(plan), alone))
    target = {"targetRefs": [
        {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway.name}
    ]}  # fmt: skip
    yield obj(
        scope, API, "RequestAuthentication", text("{}-jwt", gateway.name),
        {"spec": {**target, "jwtRules": [_rule(one) for one in issuers]}}, rule="gateway/jwt",
        why="tokens are verified with the keys of their issuer",
    )  # fmt: skip
    principals = [text("{}/*", one.issuer) for one in issuers]
    rules: list[Any] = [{"from": [{"source": {"requestPrincipals": principals}}]}]
    for listener in gateway.listeners:
        rules.append(When(redirects(listener, gateway.listeners), Because(
            {"to": [{"operation": {"ports": [listener.port.map("text", "", str)]}}]},
            "gateway/redirect-without-token", "a redirect gives nothing away",
        )))  # fmt: skip
    yield obj(
        scope, API, "AuthorizationPolicy", text("{}-callers", gateway.name),
        {"spec": {**target, "action": "ALLOW", "rules": rules}}, rule="gateway/callers",
        why="a request without a token is refused",
    )  # fmt: skip


def _rule(jwt: Jwt) -> dict[str, Any]:
    found: Traced[bool] = jwt.jwksUri.map(
        "is given", "else istiod finds the keys by OpenID discovery", lambda v: v is not None
    )
    rule: dict[str, Any] = {"issuer": jwt.issuer, "jwksUri": When(found, jwt.jwksUri)}
    if jwt.audiences:
        rule["audiences"] = list(jwt.audiences)
    return rule
