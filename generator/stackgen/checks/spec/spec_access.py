"""Keys, tenants and limits that the gateway cannot enforce, or that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import did_you_mean
from stackgen.escape import visible
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violation, Violations, violation
from stackgen.manifest.document import Path
from stackgen.plan.dimensions import model_id

_GATEWAY: Path = ("spec", "gateway")
_COUNTED = ("tokensPerMinute", "tokensPerDay")
# Fields below `gateway` that proxies of a class cannot enforce, and why.
_CANNOT: dict[str, dict[tuple[str, ...], str]] = {
    "gke": {
        ("authentication", "apiKeys"): "a load balancer of Google Cloud verifies no API keys",
        ("tenants",): "a load balancer of Google Cloud does not tell tenants",
        ("limits", "requestsPerMinute"): "a load balancer of Google Cloud limits requests by "
        "Cloud Armor alone, which counts client addresses and not requests to models",
        ("limits", "requestMiB"): "a load balancer of Google Cloud has no limit for bodies",
        ("limits", "concurrentRequests"): "the endpoint picker chooses the server, so that the "
        "load balancer counts no requests of a backend",
    },
    "istio": {
        ("limits", "requestMiB"): "the API of Istio has no limit for bodies, only an EnvoyFilter",
        ("limits", "concurrentRequests"): "the API of Istio limits connections to the Service of "
        "a host, and requests to an InferencePool go to Pods",
    },
}


def check(context: SpecContext) -> Violations:
    """Each contradiction at its line."""
    gateway = as_dict(context.spec.get("gateway"))
    name = gateway.get("class", "istio")
    kind = "gke" if str(name).startswith("gke-") else str(name)
    for steps, why in _CANNOT.get(kind, {}).items():
        if _at(gateway, steps):
            other = "envoy" if kind == "istio" else "istio or envoy"
            yield violation(
                f"class {name} cannot have {'.'.join(steps)}: {why}",
                context.place(*_GATEWAY, *steps, key=True),
                context.place(*_GATEWAY, "class", note="the class"),
                impact="Not rendered. The limit would have no effect.",
                remedy=f"Remove `gateway.{'.'.join(steps)}`, or use `gateway.class: {other}`.",
            )
    yield from _tenants(context, gateway)
    yield from _clients(context)
    if kind == "envoy":
        yield from _envoy(context, gateway)
    elif kind == "istio":
        yield from _copied(context)
    yield from _longest(context, kind)


def _at(data: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        data = as_dict(data).get(step)
    return data


def _names(context: SpecContext, *steps: str) -> list[str]:
    return [n for _, one in context.items(*steps) if isinstance(n := one.get("name"), str)]


def _texts(value: Any) -> Iterator[tuple[int, str]]:
    if isinstance(value, list):
        yield from ((i, one) for i, one in enumerate(value) if isinstance(one, str))


def _tenants(context: SpecContext, gateway: dict[str, Any]) -> Violations:
    clients = _names(context, "gateway", "authentication", "apiKeys")
    known = {"apiKeys": clients, "models": _names(context, "serving", "models")}
    issuers = _at(gateway, ("authentication", "jwt"))
    claims: dict[tuple[Any, Any], Path] = {}
    for path, tenant in context.items("gateway", "tenants"):
        who, claim = str(tenant.get("name")), as_dict(tenant.get("claim"))
        for field, names in known.items():
            for i, one in _texts(tenant.get(field)):
                if one not in names:
                    what = "client" if field == "apiKeys" else "model"
                    yield _broken(
                        f"tenant {visible(who)} names {what} {visible(one)}, which does not "
                        f"exist{did_you_mean(one, names)}",
                        context.place(*path, field, i),
                    )
        if not tenant.get("apiKeys") and not claim:
            yield _broken(
                f"tenant {visible(who)} has no API key and no claim: no client belongs to it",
                context.place(*path, "name"),
                remedy="Add `apiKeys` or `claim`.",
            )
        if claim and not issuers:
            yield _broken(
                f"tenant {visible(who)} has a claim, and authentication.jwt has no issuer",
                context.place(*path, "claim", key=True),
                remedy="Add the issuer of the tokens to `gateway.authentication.jwt`.",
            )
        pair = (claim.get("name"), claim.get("value"))
        if claim and None in pair:
            yield _broken(
                f"tenant {visible(who)} has a claim without name or value",
                context.place(*path, "claim", key=True),
                remedy="Set `claim.name` and `claim.value`.",
            )
        elif claim and pair in claims:
            yield _broken(
                f"two tenants have the claim {visible(str(pair[0]))}: {visible(str(pair[1]))}",
                context.place(*path, "claim", key=True),
                context.place(*claims[pair], "claim", note="the first one"),
            )
        claims.setdefault(pair, path)


def _clients(context: SpecContext) -> Violations:
    """Each client has a Secret of its own and, where there are tenants, belongs to one of them."""
    owners: dict[str, list[Path]] = {}
    tenants = list(context.items("gateway", "tenants"))
    for path, tenant in tenants:
        for i, one in _texts(tenant.get("apiKeys")):
            owners.setdefault(one, []).append((*path, "apiKeys", i))
    secrets: dict[str, Path] = {}
    for path, client in context.items("gateway", "authentication", "apiKeys"):
        name, secret = client.get("name"), client.get("secret")
        if isinstance(secret, str) and secret in secrets:
            yield _broken(
                f"two clients have the Secret {visible(secret)}",
                context.place(*path, "secret"),
                context.place(*secrets[secret], "secret", note="the first one"),
                remedy="Give each client a Secret of its own.",
            )
        if isinstance(secret, str):
            secrets.setdefault(secret, path)
        mine = owners.get(name, []) if isinstance(name, str) else []
        if tenants and not mine:
            yield _broken(
                f"client {visible(str(name))} belongs to no tenant, so that it is rejected",
                context.place(*path, "name"),
                remedy="Add it to `apiKeys` of a tenant.",
            )
        for second in mine[1:]:
            yield _broken(
                f"client {visible(str(name))} belongs to several tenants",
                context.place(*second),
                context.place(*mine[0], note="the first one"),
            )


def _envoy(context: SpecContext, gateway: dict[str, Any]) -> Violations:
    jwt, keys = (_at(gateway, ("authentication", one)) for one in ("jwt", "apiKeys"))
    if jwt and keys:
        yield _broken(
            "class envoy has jwt and apiKeys: a SecurityPolicy would demand both of each request",
            context.place(*_GATEWAY, "authentication", "apiKeys", key=True),
            context.place(*_GATEWAY, "authentication", "jwt", key=True, note="jwt"),
            remedy="Remove one of them, or use `gateway.class: istio`.",
        )
    for path, issuer in context.items("gateway", "authentication", "jwt"):
        if issuer.get("jwksUri") is None:
            yield _broken(
                "class envoy does not find the keys of an issuer by itself: jwksUri is not set",
                context.place(*path, key=True),
                remedy="Set `jwksUri` to the jwks_uri of the issuer's OpenID configuration.",
            )
    tenants = list(context.items("gateway", "tenants"))
    counted = [(path, f) for path, t in tenants for f in _COUNTED if t.get(f) is not None]
    release = context.spec.get("release")
    row = context.catalog.release(release) if isinstance(release, str) else None
    if counted and row is not None and row.get(row.data["platform"], "route"):
        path, field = counted[0]
        yield _broken(
            f"class envoy counts tokens on routes of Envoy AI Gateway alone, and the controller of "
            f"{visible(str(release))} makes the routes of its models",
            context.place(*path, field, key=True),
            context.place("spec", "release", note="the release"),
            remedy="Use `gateway.class: istio`, `release: llm-d-0.9`, or `requestsPerMinute`.",
        )
    served: dict[str, Path] = {}
    for path, model in context.items("serving", "models") if counted else ():
        called = model.get("servedName") or model_id(str(model.get("model")))
        first = served.setdefault(called, path)
        if first is not path:
            yield _broken(
                f"two models are served as {visible(called)}, and Envoy AI Gateway tells models by "
                "this name alone",
                context.place(*path, "name"),
                context.place(*first, "name", note="the first one"),
                remedy="Set `servedName` of one of them.",
            )
        if model.get("scheduler") is False:
            yield _broken(
                f"model {visible(str(model.get('name')))} has no endpoint picker: its tokens are "
                "not counted",
                context.place(*path, "scheduler"),
                remedy="Remove `scheduler: false`, or the limits of tokens.",
            )
    rates = counted or _at(gateway, ("limits", "requestsPerMinute"))
    rates = rates or any(tenant.get("requestsPerMinute") is not None for _, tenant in tenants)
    platform = as_dict(context.spec.get("platform"))
    who = platform.get("redis") or platform.get("all")
    if rates and who == "existing" and platform.get("redisAddress") is None:
        key = "redis" if platform.get("redis") else "all"
        yield _broken(
            "requests or tokens are counted in an existing Redis, whose address is not set",
            context.place("spec", "platform", key),
            remedy="Set `platform.redisAddress`, or `platform.redis: managed`.",
        )


def _copied(context: SpecContext) -> Violations:
    if as_dict(context.spec.get("secrets")).get("manager") != "reflector":
        return
    for path, _ in context.items("gateway", "authentication", "apiKeys"):
        yield _broken(
            "Authorino reads Secrets with its label, and Reflector copies no labels",
            context.place(*path, "secret"),
            context.place("spec", "secrets", "manager", note="the manager"),
            remedy="Use another `secrets.manager`, or `gateway.class: envoy`.",
        )
        return


def _longest(context: SpecContext, kind: str) -> Violations:
    """Where a controller makes the routes, it sets their timeouts."""
    release = context.spec.get("release")
    row = context.catalog.release(release) if isinstance(release, str) else None
    given = _at(context.spec, ("gateway", "limits", "requestSeconds"))
    made = row is not None and row.get(row.data["platform"], "route")
    if given is not None and made and kind != "gke":
        yield _broken(
            f"the controller of {visible(str(release))} sets the timeouts of its routes itself",
            context.place(*_GATEWAY, "limits", "requestSeconds", key=True),
            context.place("spec", "release", note="the release"),
            remedy="Remove `gateway.limits.requestSeconds`.",
        )


def _broken(message: str, *places: Any, remedy: str = "") -> Violation:
    return violation(
        message, *places, impact="Not rendered. The gateway would enforce something else.",
        remedy=remedy,
    )  # fmt: skip
