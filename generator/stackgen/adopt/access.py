"""Who may call and how much, from the policies of Istio, Kuadrant and Envoy Gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.facts.quantity import in_gib
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.manifest.resource import Bundle, Resource
from stackgen.plan.api_keys import GATEWAY_LABEL, TENANT, USER

_ENVOY, _KUADRANT, _ISTIO = "gateway.envoyproxy.io", "kuadrant.io", "security.istio.io"
_CLIENT, _CLAIM = "x-stackgen-client", "x-stackgen-claim-"
_OF_CLAIM = re.compile(r'auth\.identity\["(?P<name>[^"]+)"\] == "(?P<value>[^"]*)"')
_PATH = re.compile(r'request\.path\.startsWith\("/[^/"]+/([^/"]+)/"\)')
_AUDIENCES = re.compile(r"auth\.identity\.aud in \[([^\]]*)\]")
_ISSUER = re.compile(r'auth\.identity\.iss == "([^"]*)"')
_TEXT = re.compile(r'"([^"]*)"')
_LONGEST = 100_000  # of an expression: those of a stack have a few hundred characters


def access(
    bundle: Bundle, gateway: Resource, models: Sequence[str], assumed: list[str]
) -> dict[str, Any]:
    """`authentication`, `tenants` and `limits` of `spec.gateway`; each only where there is one.

    models: the names of all of them. assumed: gets what no object says.
    """
    found = {
        kind: [r for r in bundle.of_kind(kind, group) if r.namespace in ("", gateway.namespace)]
        for kind, group in (
            ("SecurityPolicy", _ENVOY), ("BackendTrafficPolicy", _ENVOY), ("AuthPolicy", _KUADRANT),
            ("RateLimitPolicy", _KUADRANT), ("TokenRateLimitPolicy", _KUADRANT),
            ("RequestAuthentication", _ISTIO),
        )
    }  # fmt: skip
    if found["AuthPolicy"] or found["RateLimitPolicy"]:
        made = _kuadrant(bundle, gateway, found, assumed)
    elif found["SecurityPolicy"] or found["BackendTrafficPolicy"]:
        made = _envoy(bundle, gateway, found, models, assumed)
    else:
        made = {"jwt": [t for one in found["RequestAuthentication"] for t in _istio(one)]}
    ways = {key: made[key] for key in ("jwt", "apiKeys") if made.get(key)}
    others = {key: made[key] for key in ("tenants", "limits") if made.get(key)}
    return {**({"authentication": ways} if ways else {}), **others}


def _istio(policy: Resource) -> Iterator[dict[str, Any]]:
    for _, rule in maps(policy.get("spec", "jwtRules")):
        made = {str(k): v for k, v in rule.items() if k in ("issuer", "jwksUri", "audiences")}
        if "issuer" in made:
            yield made


# -- Kuadrant ------------------------------------------------------------------------------------


def _kuadrant(
    bundle: Bundle, gateway: Resource, found: dict[str, list[Resource]], assumed: list[str]
) -> dict[str, Any]:
    policy = next(iter(found["AuthPolicy"]), None)
    rules = as_dict(policy.get("spec", "rules")) if policy is not None else {}
    ways = as_dict(rules.get("authentication"))
    allowed = {key: _predicate(one) for key, one in as_dict(rules.get("authorization")).items()}
    success = as_dict(as_dict(rules.get("response")).get("success"))
    identity = as_dict(as_dict(success.get("filters")).get("identity"))
    properties = as_dict(as_dict(identity.get("json")).get("properties"))
    expression = as_dict(properties.get("tenant")).get("expression")
    rates = list(_rates(found))
    # CEL that gives a client the name of its tenant: `(BELONGS) ? "NAME" : `, and so on.
    named = [part.partition(" ? ") for part in _short(expression).split(" : ")[:-1]]
    tenants = [
        _tenant(name.strip('"'), of[1:-1], allowed.get("tenants", ""), rates)
        for of, _, name in named
    ]
    keys = _keys(bundle, gateway) if any("apiKey" in as_dict(w) for w in ways.values()) else []
    if not keys and any("apiKey" in as_dict(way) for way in ways.values()):
        names = [t["name"] for t in tenants if "claim" not in t] or ["client"]
        keys = [(name, f"{name}-key", name) for name in names]
        assumed.append("spec.gateway.authentication.apiKeys: clients and the Secrets of their keys")
    for tenant in tenants:
        if mine := [name for name, _, of in keys if of == tenant["name"]]:
            tenant["apiKeys"] = mine
    whole = [limit for name, limit, unit in rates if name == "" and unit == "1m"]
    return {
        "jwt": list(_tokens(ways, allowed.get("tokens", ""))),
        "apiKeys": [{"name": name, "secret": secret} for name, secret, _ in keys],
        "tenants": tenants,
        "limits": {"requestsPerMinute": whole[0]} if whole else {},
    }


def _short(expression: Any) -> str:
    """An expression, but for one that is too long to be read."""
    return expression if isinstance(expression, str) and len(expression) < _LONGEST else ""


def _predicate(rule: Any) -> str:
    patterns = maps(as_dict(as_dict(rule).get("patternMatching")).get("patterns"))
    return next((_short(one.get("predicate")) for _, one in patterns), "")


def _tokens(ways: dict[str, Any], accepted: str) -> Iterator[dict[str, Any]]:
    """The issuers. The predicate of accepted tokens has each, in order, with its audiences."""
    issuers = _ISSUER.split(accepted)
    told = dict(zip(issuers[1::2], issuers[2::2], strict=True))
    each = iter(told.items())
    for way in map(as_dict, ways.values()):
        jwt = as_dict(way.get("jwt"))
        issuer, rest = next(each, (jwt.get("issuerUrl"), "")) if jwt else (None, "")
        if isinstance(issuer, str):
            made: dict[str, Any] = {"issuer": issuer}
            if isinstance(jwt.get("jwksUrl"), str):
                made["jwksUri"] = jwt["jwksUrl"]
            audiences = _AUDIENCES.search(rest)
            if audiences:
                made["audiences"] = _TEXT.findall(audiences[1])
            yield made


def _tenant(
    name: str, belongs: str, predicate: str, rates: list[tuple[str, int, str]]
) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name}
    if claim := _OF_CLAIM.search(belongs):
        made["claim"] = {"name": claim["name"], "value": claim["value"]}
    _, limited, after = predicate.partition(f"({belongs}) && (")
    if limited:
        # The paths of its models, up to the next tenant.
        made["models"] = _PATH.findall(after.partition("auth.identity")[0])
    fields = {"1m": "tokensPerMinute", "24h": "tokensPerDay", "requests": "requestsPerMinute"}
    made |= {fields[unit]: limit for of, limit, unit in rates if of == name and unit in fields}
    return made


def _rates(found: dict[str, list[Resource]]) -> Iterator[tuple[str, int, str]]:
    """Tenant ("" for all), limit and window; the window `requests` for requests of a tenant."""
    for kind in ("RateLimitPolicy", "TokenRateLimitPolicy"):
        for policy in found[kind][:1]:
            for key, limit in as_dict(policy.get("spec", "limits")).items():
                tenant = str(key).removeprefix("tenant-") if str(key).startswith("tenant-") else ""
                for _, rate in maps(as_dict(limit).get("rates")):
                    number, unit = rate.get("limit"), str(rate.get("window"))
                    requests = tenant and kind == "RateLimitPolicy"
                    if isinstance(number, int) and (tenant or key == "all"):
                        yield tenant, number, "requests" if requests else unit


def _keys(bundle: Bundle, gateway: Resource) -> list[tuple[str, str, Any]]:
    """Client, Secret and tenant of the keys that External Secrets copies for Kuadrant."""
    made: list[tuple[str, str, Any]] = []
    for one in bundle.of_kind("ExternalSecret", "external-secrets.io"):
        marks = as_dict(one.get("spec", "target", "template", "metadata"))
        notes = as_dict(marks.get("annotations"))
        user = notes.get(USER)
        if as_dict(marks.get("labels")).get(GATEWAY_LABEL) == gateway.name and user is not None:
            made.append((str(user), one.name, notes.get(TENANT)))
    return made


# -- Envoy Gateway -------------------------------------------------------------------------------


def _envoy(
    bundle: Bundle, gateway: Resource, found: dict[str, list[Resource]], models: Sequence[str],
    assumed: list[str],
) -> dict[str, Any]:  # fmt: skip
    policy = next(iter(found["SecurityPolicy"]), None)
    asked = as_dict(policy.data.get("spec")) if policy is not None else {}
    limits = next(iter(found["BackendTrafficPolicy"]), None)
    each = [rule for _, rule in maps(limits and limits.get("spec", "rateLimit", "global", "rules"))]
    given = maps(as_dict(asked.get("apiKeyAuth")).get("credentialRefs"))
    keys = {name: _client(bundle, gateway, name) for name in (str(s.get("name")) for _, s in given)}
    tenants = _tenants(each, as_dict(asked.get("authorization")), _claims(asked))
    of_models = _own_policies(bundle, gateway)
    served = {name for tenant in tenants for name in tenant.get("apiKeys", ())}
    if tenants or of_models:
        tenants += [{"name": n, "apiKeys": [n]} for n in keys.values() if n not in served]
    if any("apiKeys" in tenant for tenant in tenants):
        assumed.append("spec.gateway.tenants: their names")
    for tenant in tenants:
        may = _may_call(tenant, of_models, keys)
        if len(may) < len(of_models):
            tenant["models"] = [name for name in models if name in may or name not in of_models]
    return {
        "jwt": [_provider(one) for _, one in maps(as_dict(asked.get("jwt")).get("providers"))],
        "apiKeys": [{"name": name, "secret": secret} for secret, name in keys.items()],
        "tenants": tenants,
        "limits": _of_all(each, limits),
    }


def _client(bundle: Bundle, gateway: Resource, secret: str) -> str:
    """The client of a key: its entry in the Secret, or the name of the Secret."""
    for one in bundle.of_kind("ExternalSecret", "external-secrets.io"):
        if (one.name, one.namespace) == (secret, gateway.namespace):
            for _, entry in maps(one.get("spec", "data")):
                return str(entry.get("secretKey"))
    return secret


def _provider(one: dict[str, Any]) -> dict[str, Any]:
    keys = as_dict(one.get("remoteJWKS")).get("uri")
    made = {"issuer": one.get("issuer"), "jwksUri": keys, "audiences": one.get("audiences")}
    return {key: value for key, value in made.items() if value}


def _claims(asked: dict[str, Any]) -> dict[str, str]:
    """By header: the claim that it carries."""
    return {
        str(one.get("header")): str(one.get("claim"))
        for _, provider in maps(as_dict(asked.get("jwt")).get("providers"))
        for _, one in maps(provider.get("claimToHeaders"))
    }


def _tenants(
    rules: list[dict[str, Any]], authorization: dict[str, Any], claims: dict[str, str]
) -> list[dict[str, Any]]:
    """The tenants: of the rules that allow claims, and of those that count."""
    found: dict[Any, dict[str, Any]] = {}
    for _, rule in maps(authorization.get("rules")):
        told = as_dict(as_dict(rule.get("principal")).get("jwt"))
        for _, claim in maps(told.get("claims")):
            value = str(next(iter(as_list(claim.get("values"))), ""))
            name, _, number = str(rule.get("name")).rpartition("-")
            if name and number.isdecimal():
                said = {"name": str(claim.get("name")), "value": value}
                found.setdefault((said["name"], value), {"name": name, "claim": said})
    for rule in rules:
        header = _header(rule)
        who, value = header.get("name"), str(header.get("value"))
        if who == _CLIENT:
            names = value.removeprefix("^(").removesuffix(")$").split("|")
            mine = found.setdefault(value, {"name": names[0], "apiKeys": names})
        elif str(who).startswith(_CLAIM) and (claims.get(str(who)), value) in found:
            mine = found[claims[str(who)], value]
        else:
            continue
        limit, unit = _limit(rule)
        field = f"tokensPer{unit}" if "cost" in rule else "requestsPerMinute"
        mine[field] = limit
    return list(found.values())


def _header(rule: dict[str, Any]) -> dict[str, Any]:
    for _, selector in maps(rule.get("clientSelectors")):
        for _, header in maps(selector.get("headers")):
            return header
    return {}


def _limit(rule: dict[str, Any]) -> tuple[Any, str]:
    limit = as_dict(rule.get("limit"))
    return limit.get("requests"), str(limit.get("unit"))


def _of_all(rules: list[dict[str, Any]], policy: Resource | None) -> dict[str, Any]:
    """Limits of requests of all clients."""
    made: dict[str, Any] = {}
    for rule in rules:
        limit, unit = _limit(rule)
        if not rule.get("clientSelectors") and "cost" not in rule and unit == "Minute":
            made["requestsPerMinute"] = limit
    body = policy and policy.get("spec", "requestBuffer", "limit")
    if isinstance(body, str) and body.endswith("Mi"):
        made["requestMiB"] = round(in_gib(body) * 1024)
    parallel = policy and policy.get("spec", "circuitBreaker", "maxParallelRequests")
    return {**made, **({"concurrentRequests": parallel} if isinstance(parallel, int) else {})}


def _own_policies(bundle: Bundle, gateway: Resource) -> dict[str, dict[str, Any]]:
    """By model: the fields of a policy for its route alone."""
    made: dict[str, dict[str, Any]] = {}
    for one in bundle.of_kind("SecurityPolicy", _ENVOY):
        routed = any(t.get("kind") == "HTTPRoute" for _, t in maps(one.get("spec", "targetRefs")))
        if one.namespace != gateway.namespace and routed:
            made[one.name.removesuffix("-callers")] = as_dict(one.data.get("spec"))
    return made


def _may_call(
    tenant: dict[str, Any], of_models: dict[str, dict[str, Any]], keys: dict[str, str]
) -> set[str]:
    """The models with a policy of their own that a tenant may call."""
    may = set()
    for model, asked in of_models.items():
        given = maps(as_dict(asked.get("apiKeyAuth")).get("credentialRefs"))
        clients = {keys.get(str(one.get("name"))) for _, one in given}
        rules = maps(as_dict(asked.get("authorization")).get("rules"))
        by_claim = (str(rule.get("name")).rpartition("-")[0] for _, rule in rules)
        if clients & set(tenant.get("apiKeys", ())) or tenant["name"] in by_claim:
            may.add(model)
    return may
