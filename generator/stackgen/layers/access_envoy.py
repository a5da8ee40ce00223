"""Who may call and how much, by policies of Envoy Gateway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.layers.listeners import FOLDER
from stackgen.origin import Because, Traced, When, all_of, any_of, computed, is_set, text
from stackgen.plan.access import (
    by_ai_route,
    by_rate_service,
    has_keys,
    has_tenants,
    has_tokens,
)
from stackgen.plan.listeners import serving_listeners
from stackgen.plan.model import ModelPlan, Plan
from stackgen.render.gateway_class import envoy
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.spec.access import ApiKey, Jwt, Tenant

API = "gateway.envoyproxy.io/v1alpha1"
GATEWAY_API = "gateway.networking.k8s.io"
CLIENT_HEADER = "x-stackgen-client"
# What the ext_proc of Envoy AI Gateway writes, and rate limits read.
# Source: envoyproxy/ai-gateway v1.0.0 api/v1beta1/ai_gateway_route.go.
METADATA, TOTAL = "io.envoy.ai_gateway", "llm_total_token"


def envoy_access(plan: Plan) -> Iterator[Rendered]:
    """What proxies do with headers first; then who may call each model, and how much."""
    spec = plan.stack.spec
    if not envoy(plan).value:
        return
    yield _clients(plan)
    asked = all_of(envoy(plan), any_of(has_keys(spec), has_tokens(spec)))
    yield _callers(plan, asked)
    for model in plan.models:
        yield _model_callers(plan, model, asked)
    yield _grant(plan, all_of(envoy(plan), has_keys(spec), _any_restricted(plan)))
    yield _limits(plan)


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.gateway.namespace)


def _listeners(plan: Plan) -> dict[str, Any]:
    """All listeners that serve models: one that redirects needs no credentials."""
    name = plan.stack.spec.gateway.name
    return {"targetRefs": [
        When(serves, {
            "group": GATEWAY_API, "kind": "Gateway", "name": name, "sectionName": listener.name,
        })
        for listener, serves in serving_listeners(plan.stack.spec.gateway)
    ]}  # fmt: skip


def _claims(plan: Plan) -> dict[str, Traced[str]]:
    """The claims that tell tenants, by the header that carries each to the rate limits."""
    found: dict[str, Traced[str]] = {}
    for tenant in plan.stack.spec.gateway.tenants:
        claim = tenant.claim.name
        if claim.value is not None:
            found.setdefault(_header(claim.value), text("{}", claim))
    return found


def _header(claim: str) -> str:
    return f"x-stackgen-claim-{claim.lower().replace('_', '-')}"


def _clients(plan: Plan) -> Rendered:
    """Clients must not send the headers that tell who they are."""
    gateway = plan.stack.spec.gateway
    body = gateway.limits.requestMiB
    buffered = any_of(is_set(body), by_ai_route(plan.stack.spec))
    size = body.map("buffer", "the proxy reads whole requests", lambda mib: f"{mib or 50}Mi")
    spec = {
        "targetRefs": [{"group": GATEWAY_API, "kind": "Gateway", "name": gateway.name}],
        "headers": {"earlyRequestHeaders": {"remove": [CLIENT_HEADER, *_claims(plan)]}},
        "connection": When(buffered, {"bufferLimit": size}),
    }
    wanted = any_of(has_keys(plan.stack.spec), has_tenants(plan.stack.spec), buffered)
    return obj(
        _scope(plan), API, "ClientTrafficPolicy", text("{}-clients", gateway.name),
        {"spec": spec}, when=all_of(envoy(plan), wanted), rule="access/clients",
        why="the gateway alone says who a client is",
    )  # fmt: skip


# -- who may call --------------------------------------------------------------------------------


def _callers(plan: Plan, asked: Traced[bool]) -> Rendered:
    name = plan.stack.spec.gateway.name
    return obj(
        _scope(plan), API, "SecurityPolicy", text("{}-callers", name),
        {"spec": {**_listeners(plan), **_demands(plan, {})}}, when=asked, rule="access/callers",
        why="a request without a valid key or token is rejected",
    )  # fmt: skip


def _demands(plan: Plan, elsewhere: dict[str, Any], model: ModelPlan | None = None) -> Any:
    """Credentials of the clients that may call: a model, or any. elsewhere: where the keys are."""
    gateway = plan.stack.spec.gateway
    issuers, tenants = gateway.authentication.jwt, gateway.tenants
    if issuers:
        made: dict[str, Any] = {
            "jwt": {"providers": [_provider(plan, i, one) for i, one in enumerate(issuers, 1)]}
        }
        if tenants:
            made["authorization"] = {
                "defaultAction": "Deny",
                "rules": [
                    When(_may_call(tenant, model), _claim_rule(tenant, number))
                    for tenant in tenants
                    for number in range(1, len(issuers) + 1)
                ],
            }
        return made
    why = "Envoy removes the word Bearer before the key; models must not see keys"
    secrets = [
        When(_admits(tenants, one, model), {"name": one.secret, **elsewhere})
        for one in gateway.authentication.apiKeys
    ]
    return {"apiKeyAuth": Because(
        {
            "credentialRefs": secrets,
            "extractFrom": [{"headers": ["Authorization"]}],
            "forwardClientIDHeader": CLIENT_HEADER,
            "sanitize": True,
        },
        "access/api-keys", why,
    )}  # fmt: skip


def _may_call(tenant: Tenant, model: ModelPlan | None) -> Traced[bool]:
    name = [] if model is None else [model.spec.name]
    return computed(
        "may call", "the models of the tenant",
        lambda name, models: not name or not models or name[0] in models,
        name, list(tenant.models),
    )  # fmt: skip


def _admits(tenants: Sequence[Tenant], key: ApiKey, model: ModelPlan | None) -> Traced[bool]:
    """Whether the key opens: it is of a tenant that may call, or there are no tenants."""
    return computed(
        "the key opens", "its tenant may call",
        lambda name, clients, may: not clients or any(
            name in mine and open for mine, open in zip(clients, may, strict=True)
        ),
        key.name, [list(one.apiKeys) for one in tenants],
        [_may_call(one, model) for one in tenants],
    )  # fmt: skip


def _provider(plan: Plan, number: int, one: Jwt) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": f"issuer-{number}",
        "issuer": one.issuer,
        "remoteJWKS": {"uri": one.jwksUri},
    }
    if one.audiences:
        found["audiences"] = list(one.audiences)
    claims = _claims(plan)
    if claims:
        found["claimToHeaders"] = [{"claim": c, "header": h} for h, c in claims.items()]
    return found


def _claim_rule(tenant: Tenant, issuer: int) -> dict[str, Any]:
    claim = {"name": tenant.claim.name, "values": [tenant.claim.value]}
    return {
        "name": text("{}-" + str(issuer), tenant.name),
        "action": "Allow",
        "principal": {"jwt": {"provider": f"issuer-{issuer}", "claims": [claim]}},
    }


def _restricted(plan: Plan, model: ModelPlan) -> Traced[bool]:
    """Whether some tenant may not call a model."""
    tenants = plan.stack.spec.gateway.tenants
    return computed(
        "not for all tenants", "of the models of each tenant",
        lambda name, lists: any(names and name not in names for names in lists),
        model.spec.name, [list(t.models) for t in tenants],
    )  # fmt: skip


def _any_restricted(plan: Plan) -> Traced[bool]:
    return any_of(*(_restricted(plan, model) for model in plan.models))


def _model_callers(plan: Plan, model: ModelPlan, asked: Traced[bool]) -> Rendered:
    """Of a model that not all tenants may call. It takes the place of the gateway's policy."""
    spec = plan.stack.spec
    demands = _demands(plan, {"namespace": spec.gateway.namespace}, model)
    # A controller that makes the routes has a name of its own for them.
    pattern = plan.release.optional(plan.release.platform, "route")
    name = model.spec.name
    route = name if pattern is None else computed("route", "", str.format, pattern, name)
    target = [{"group": GATEWAY_API, "kind": "HTTPRoute", "name": route}]
    return obj(
        Scope(plan, FOLDER, spec.serving.namespace), API, "SecurityPolicy",
        text("{}-callers", model.spec.name),
        {"spec": {"targetRefs": target, **demands}},
        when=all_of(asked, _restricted(plan, model)), rule="access/model-callers",
        why="only some tenants may call the model",
    )  # fmt: skip


def _grant(plan: Plan, when: Traced[bool]) -> Rendered:
    spec = plan.stack.spec
    source = {"group": "gateway.envoyproxy.io", "kind": "SecurityPolicy",
              "namespace": spec.serving.namespace}  # fmt: skip
    keys = spec.gateway.authentication.apiKeys
    return obj(
        _scope(plan), f"{GATEWAY_API}/v1beta1", "ReferenceGrant",
        text("{}-keys", spec.gateway.name),
        {"spec": {
            "from": [source],
            "to": [{"group": "", "kind": "Secret", "name": one.secret} for one in keys],
        }},
        when=when, rule="access/keys-granted", why="policies of models name keys of the gateway",
    )  # fmt: skip


# -- how much ------------------------------------------------------------------------------------


def _limits(plan: Plan) -> Rendered:
    spec = plan.stack.spec
    limits = spec.gateway.limits
    rules: list[Any] = [When(is_set(limits.requestsPerMinute), _rule(
        [], _per("Minute", limits.requestsPerMinute),
    ))]  # fmt: skip
    for tenant in spec.gateway.tenants:
        who = _selectors(tenant)
        requests = tenant.requestsPerMinute
        rules.append(When(is_set(requests), _rule(who, _per("Minute", requests))))
        for unit, limit in (("Minute", tenant.tokensPerMinute), ("Day", tenant.tokensPerDay)):
            rules.append(When(is_set(limit), _rule(who, _per(unit, limit), _OF_TOKENS)))
    counted = by_rate_service(spec)
    body, parallel = limits.requestMiB, limits.concurrentRequests
    return obj(
        _scope(plan), API, "BackendTrafficPolicy", text("{}-limits", spec.gateway.name),
        {"spec": {
            **_listeners(plan),
            "rateLimit": When(counted, {"global": {"rules": rules}}),
            "requestBuffer": When(is_set(body), {"limit": text("{}Mi", body)}),
            "circuitBreaker": When(is_set(parallel), {"maxParallelRequests": parallel}),
        }},
        when=all_of(envoy(plan), any_of(counted, is_set(body), is_set(parallel))),
        rule="access/limits", why="requests above a limit do not reach the endpoint picker",
    )  # fmt: skip


# Nothing before the answer, whose length is not known yet; then what the answer says.
_OF_TOKENS = {
    "request": {"from": "Number", "number": 0},
    "response": {"from": "Metadata", "metadata": {"namespace": METADATA, "key": TOTAL}},
}


def _per(unit: str, limit: Traced[Any]) -> dict[str, Any]:
    return {"requests": limit, "unit": unit}


def _rule(who: list[Any], limit: dict[str, Any], cost: dict[str, Any] | None = None) -> Any:
    made: dict[str, Any] = {"clientSelectors": who} if who else {}
    made |= {"limit": limit, "shared": Because(
        True, "access/shared", "else each route has a counter of its own"
    )}  # fmt: skip
    return made | ({"cost": Because(cost, "access/cost", "tokens count, not requests")}
                   if cost else {})  # fmt: skip


def _selectors(tenant: Tenant) -> list[Any]:
    """The clients of a tenant: by the name of the key, or by the claim of the token."""
    if tenant.apiKeys:
        names = computed(
            "any of the clients", "they share a counter",
            lambda names: "^(" + "|".join(names) + ")$", list(tenant.apiKeys),
        )  # fmt: skip
        match = {"name": CLIENT_HEADER, "type": "RegularExpression", "value": names}
    else:
        header = text("{}", tenant.claim.name).map("header", "of the claim", _header)
        match = {"name": header, "type": "Exact", "value": tenant.claim.value}
    return [{"headers": [match]}]
