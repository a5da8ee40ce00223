"""Who may call and how much, by policies of Kuadrant: behind Istio's gateway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.layers.listeners import FOLDER
from stackgen.origin import Because, Traced, When, all_of, any_of, computed, is_set, text
from stackgen.plan.access import (
    by_kuadrant,
    counts_requests,
    counts_tokens,
    has_keys,
    has_tokens,
)
from stackgen.plan.api_keys import GATEWAY_LABEL, TENANT
from stackgen.plan.listeners import serving_listeners
from stackgen.plan.model import Plan
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.spec.access import Jwt, Tenant
from stackgen.spec.gateway import Listener

API = "kuadrant.io/v1"
# Set by the rule that knows the client: a claim of a token could say anything.
_WAY, _KEY, _TOKEN = "way", "key", "token"
_IS_KEY, _IS_TOKEN = (f'auth.identity.{_WAY} == "{way}"' for way in (_KEY, _TOKEN))


def kuadrant_access(plan: Plan) -> Iterator[Rendered]:
    """For each listener that serves models: a redirect needs no credentials."""
    spec = plan.stack.spec
    if not by_kuadrant(spec).value:
        return
    for listener, serves in serving_listeners(spec.gateway):
        here = all_of(by_kuadrant(spec), serves)
        yield _callers(plan, listener, here)
        yield _requests(plan, listener, here)
        yield _tokens(plan, listener, here)


def _policy(
    plan: Plan, listener: Listener, kind: str, end: str, body: dict[str, Any],
    when: Traced[bool], why: str, api: str = API,
) -> Rendered:  # fmt: skip
    gateway = plan.stack.spec.gateway
    target = {
        "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway.name,
        "sectionName": listener.name,
    }  # fmt: skip
    return obj(
        Scope(plan, FOLDER, gateway.namespace), api, kind,
        text("{}-{}-" + end, gateway.name, listener.name), {"spec": {"targetRef": target, **body}},
        when=when, rule=f"access/{end}", why=why,
    )  # fmt: skip


def _callers(plan: Plan, listener: Listener, here: Traced[bool]) -> Rendered:
    spec = plan.stack.spec
    authentication, tenants = spec.gateway.authentication, spec.gateway.tenants
    rules: dict[Any, Any] = {}
    if authentication.apiKeys:
        selector = {"matchLabels": {GATEWAY_LABEL: spec.gateway.name}}
        bearer = {"authorizationHeader": {"prefix": "Bearer"}}
        rules["api-keys"] = {
            "apiKey": {"selector": selector}, "credentials": bearer, **_known_by(_KEY),
        }  # fmt: skip
    for number, issuer in enumerate(authentication.jwt, 1):
        given = is_set(issuer.jwksUri)
        found = given.map("by discovery", "of OpenID", lambda given: not given)
        rules[f"issuer-{number}"] = {"jwt": {
            "jwksUrl": When(given, issuer.jwksUri), "issuerUrl": When(found, issuer.issuer),
        }, **_known_by(_TOKEN)}  # fmt: skip
    body: dict[str, Any] = {"rules": {"authentication": rules}}
    allowed: dict[str, Any] = {}
    if authentication.jwt:
        allowed["tokens"] = _matching(_accepted(authentication.jwt))
    if tenants:
        every = [_tenant(plan, one) for one in tenants]
        allowed["tenants"] = _matching(computed(
            "clients of tenants", "others are rejected", " || ".join, every
        ))  # fmt: skip
        body["rules"]["response"] = {"success": {"filters": {"identity": {"json": {"properties": {
            "tenant": {"expression": _name_of(tenants)},
        }}}}}}  # fmt: skip
    if allowed:
        body["rules"]["authorization"] = allowed
    return _policy(
        plan, listener, "AuthPolicy", "callers", body,
        all_of(here, any_of(has_keys(spec), has_tokens(spec))),
        "a request without a valid key or token is rejected",
    )  # fmt: skip


def _known_by(way: str) -> dict[str, Any]:
    return {"overrides": {_WAY: {"value": way}}}


def _matching(predicate: Traced[str]) -> dict[str, Any]:
    return {"patternMatching": {"patterns": [{"predicate": predicate}]}}


def _accepted(issuers: Sequence[Jwt]) -> Traced[str]:
    """Issuer and audiences of tokens: Authorino verifies the signature alone."""
    each = [
        computed(
            "a token of the issuer", "and for an audience", _token, one.issuer,
            list(one.audiences),
        )
        for one in issuers
    ]  # fmt: skip
    return computed(
        "an accepted token", "or a key",
        lambda each: " || ".join([_IS_KEY, *each]), each,
    )  # fmt: skip


def _token(issuer: str, audiences: list[str]) -> str:
    import json

    mine = f'({_IS_TOKEN} && "iss" in auth.identity && auth.identity.iss == {json.dumps(issuer)}'
    if not audiences:
        return f"{mine})"
    wanted = json.dumps(audiences)
    one, several = f"auth.identity.aud in {wanted}", f"auth.identity.aud.exists(a, a in {wanted})"
    is_text = "type(auth.identity.aud) == string"
    return f'{mine} && "aud" in auth.identity && ({is_text} ? {one} : {several}))'


def _of(tenant: Tenant) -> Traced[str]:
    """CEL that says whether the client belongs to a tenant."""
    return computed(
        "belongs to the tenant", "by the key, or by a claim of the token", _belongs,
        tenant.name, list(tenant.apiKeys), tenant.claim.name, tenant.claim.value,
    )  # fmt: skip


def _belongs(name: str, keys: Sequence[str], claim: str | None, value: str | None) -> str:
    ways = []
    if keys:
        ways.append(f'{_IS_KEY} && auth.identity.metadata.annotations["{TENANT}"] == "{name}"')
    if claim is not None:
        ways.append(
            f'{_IS_TOKEN} && "{claim}" in auth.identity && auth.identity["{claim}"] == "{value}"'
        )
    return " || ".join(f"({way})" for way in ways)


def _tenant(plan: Plan, tenant: Tenant) -> Traced[str]:
    """CEL that says whether a client of the tenant may call the model of the request."""
    if not tenant.models:
        return _of(tenant)
    return computed(
        "may call", "the models of the tenant",
        lambda of, space, models: "({}) && ({})".format(of, " || ".join(
            f'request.path.startsWith("/{space}/{model}/")' for model in models
        )),
        _of(tenant), plan.stack.spec.serving.namespace, list(tenant.models),
    )  # fmt: skip


def _name_of(tenants: Sequence[Tenant]) -> Traced[str]:
    pairs = [
        computed("tenant", "its name, if the client belongs to it",
                 lambda of, name: f'({of}) ? "{name}" : ', _of(one), one.name)
        for one in tenants
    ]  # fmt: skip
    return computed("tenant", "of the client", lambda pairs: "".join(pairs) + '""', pairs)


# -- how much ------------------------------------------------------------------------------------


def _limit(tenant: Tenant, rates: list[tuple[Traced[Any], str]]) -> When:
    there = any_of(*(is_set(limit) for limit, _ in rates))
    return When(there, {
        "rates": [When(is_set(n), {"limit": n, "window": window}) for n, window in rates],
        "when": [{"predicate": text('auth.identity.tenant == "{}"', tenant.name)}],
        "counters": [Because(
            {"expression": "auth.identity.tenant"}, "access/counter", "one for each tenant"
        )],
    })  # fmt: skip


def _requests(plan: Plan, listener: Listener, here: Traced[bool]) -> Rendered:
    gateway = plan.stack.spec.gateway
    whole = gateway.limits.requestsPerMinute
    limits: dict[Any, Any] = {
        "all": When(is_set(whole), {"rates": [{"limit": whole, "window": "1m"}]})
    }
    for tenant in gateway.tenants:
        limits[f"tenant-{tenant.name.value}"] = _limit(tenant, [(tenant.requestsPerMinute, "1m")])
    return _policy(
        plan, listener, "RateLimitPolicy", "requests", {"limits": limits},
        all_of(here, counts_requests(plan.stack.spec)),
        "requests above a limit do not reach the endpoint picker",
    )  # fmt: skip


def _tokens(plan: Plan, listener: Listener, here: Traced[bool]) -> Rendered:
    tenants = plan.stack.spec.gateway.tenants
    limits = {
        f"tenant-{one.name.value}": _limit(
            one, [(one.tokensPerMinute, "1m"), (one.tokensPerDay, "24h")]
        )
        for one in tenants
    }
    return _policy(
        plan, listener, "TokenRateLimitPolicy", "tokens", {"limits": limits},
        all_of(here, counts_tokens(tenants)), "prompt and output tokens count against a quota",
        "kuadrant.io/v1alpha1",
    )  # fmt: skip
