"""Keys, tenants and limits that the gateway cannot enforce, or that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import did_you_mean
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Severity, Violation, Violations, violation
from stackgen.manifest.document import Path
from stackgen.plan.dimensions import model_id
from stackgen.spelling import nearest

_GATEWAY: Path = ("spec", "gateway")
_COUNTED = ("tokensPerMinute", "tokensPerDay")
_PASSES = (
    "Cloud Armor reads requests at a GKE gateway, and the load balancer before these proxies "
    "passes connections on"
)
# Fields below `gateway` that proxies of a class cannot enforce, and why.
_CANNOT: dict[str, dict[tuple[str, ...], str]] = {
    "gke": {
        ("authentication", "apiKeys"): "a load balancer of Google Cloud verifies no API keys",
        ("tenants",): "a load balancer of Google Cloud does not tell tenants",
        ("limits", "requestsPerMinute"): "a load balancer of Google Cloud limits requests by "
        "Cloud Armor alone (`limits.securityPolicy`), which counts client addresses and not "
        "requests to models",
        ("limits", "requestMiB"): "a load balancer of Google Cloud has no limit for bodies",
        ("limits", "concurrentRequests"): "the endpoint picker chooses the server, so that the "
        "load balancer counts no requests of a backend",
    },
    "istio": {
        ("limits", "requestMiB"): "the API of Istio has no limit for bodies, only an EnvoyFilter",
        ("limits", "concurrentRequests"): "the API of Istio limits connections to the Service of "
        "a host, and requests to an InferencePool go to Pods",
        ("limits", "securityPolicy"): _PASSES,
    },
    "envoy": {("limits", "securityPolicy"): _PASSES},
}


def check(context: SpecContext) -> Violations:
    """Each contradiction at its line."""
    gateway = as_dict(context.spec.get("gateway"))
    name = gateway.get("class", "istio")
    kind = "gke" if str(name).startswith("gke-") else str(name)
    for steps, why in _CANNOT.get(kind, {}).items():
        if _at(gateway, steps):
            other = "envoy" if kind == "istio" else "istio` or `gateway.class: envoy"
            if steps[-1] == "securityPolicy":
                other = "gke-l7-regional-external-managed"
            yield violation(
                f"class {name} does not support {'.'.join(steps)}: {why}",
                context.place(*_GATEWAY, *steps, key=True),
                context.place(*_GATEWAY, "class", note="the class"),
                impact="Not rendered. The limit would have no effect.",
                remedy=f"Remove `gateway.{'.'.join(steps)}`, or use `gateway.class: {other}`.",
            )
    yield from _empty(context, gateway)
    yield from _tenants(context, gateway)
    yield from _clients(context)
    if kind == "envoy":
        yield from _envoy(context, gateway)
    elif kind == "istio":
        yield from _copied(context)
    yield from _longest(context, kind)
    if name == "gke-l7-rilb" and _at(gateway, ("limits", "securityPolicy")):
        yield violation(
            "Cloud Armor may have no effect behind gke-l7-rilb: it is not known whether internal "
            "load balancers of GKE take a securityPolicy",
            context.place(*_GATEWAY, "limits", "securityPolicy"),
            context.place(*_GATEWAY, "class", note="the class"),
            severity=Severity.WARNING,
            impact="The GCPBackendPolicy is not attached, or the policy is not applied.",
            remedy="Test it, or use `gateway.class: gke-l7-regional-external-managed`.",
        )


def _at(data: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        data = as_dict(data).get(step)
    return data


def _names(context: SpecContext, *steps: str) -> list[str]:
    return [n for _, one in context.items(*steps) if isinstance(n := one.get("name"), str)]


def _texts(value: Any) -> Iterator[tuple[int, str]]:
    if isinstance(value, list):
        yield from ((i, one) for i, one in enumerate(value) if isinstance(one, str))


def _empty(context: SpecContext, gateway: dict[str, Any]) -> Violations:
    """Empty lists: what reads like no access would mean no control of access."""
    who = as_dict(gateway.get("authentication"))
    open_to_all = "no credentials are demanded"
    found: list[tuple[Path, str]] = [
        ((*_GATEWAY, "authentication", field), open_to_all)
        for field in ("jwt", "apiKeys")
        if who.get(field) == [] and not any(who.get(one) for one in ("jwt", "apiKeys"))
    ]
    if gateway.get("tenants") == []:
        found.append(((*_GATEWAY, "tenants"), "every client may call every model"))
    for steps, field, means in (
        (("tenants",), "models", "the tenant may call every model"),
        (("authentication", "jwt"), "audiences", "tokens for any audience are accepted"),
    ):
        for path, one in context.items("gateway", *steps):
            if one.get(field) == []:
                found.append(((*path, field), means))
    for path, means in found:
        yield _broken(
            f"{path[-1]} is an empty list, which would mean that {means}",
            context.place(*path, key=True),
            remedy=f"Add an item, or remove the field: in an overlay, by `{path[-1]}: null`.",
        )


# Names of a tenant, what each is, and where they are defined.
_NAMED = {
    "apiKeys": ("client", ("gateway", "authentication", "apiKeys")),
    "models": ("model", ("serving", "models")),
}


def _named(context: SpecContext, path: Path, tenant: dict[str, Any]) -> Violations:
    for field, (what, steps) in _NAMED.items():
        names, given = _names(context, *steps), [one for _, one in _texts(tenant.get(field))]
        right = [one if one in names else nearest(one, names) for one in given]
        meant = dict.fromkeys(one for one in right if one) or (names if len(names) == 1 else ())
        change = f"Write `{field}: [{', '.join(map(visible, meant))}]`, or add" if meant else "Add"
        for i, one in _texts(tenant.get(field)):
            if one not in names:
                yield _broken(
                    f"tenant {visible(str(tenant.get('name')))} names {what} {visible(one)}, "
                    f"which does not exist{did_you_mean(one, names)}",
                    context.place(*path, field, i),
                    remedy=f"{change} {visible(one)} to `{'.'.join(steps)}`.",
                )


def _tenants(context: SpecContext, gateway: dict[str, Any]) -> Violations:
    issuers = _at(gateway, ("authentication", "jwt"))
    claims: dict[tuple[Any, Any], Path] = {}
    for path, tenant in context.items("gateway", "tenants"):
        who, claim = str(tenant.get("name")), as_dict(tenant.get("claim"))
        yield from _named(context, path, tenant)
        minute, day = (tenant.get(field) for field in _COUNTED)
        if isinstance(minute, int) and isinstance(day, int) and day < minute:
            yield violation(
                f"tenant {visible(who)} has fewer tokens in a day, {day}, than in a minute, "
                f"{minute}",
                context.place(*path, "tokensPerDay"),
                context.place(*path, "tokensPerMinute", note="in a minute"),
                severity=Severity.WARNING,
                impact="The limit of the minute has no effect: that of the day is used up first.",
                remedy="Raise `tokensPerDay`, or remove `tokensPerMinute`.",
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
                remedy="Give each tenant a claim of its own.",
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
                f"client {visible(str(name))} belongs to no tenant, so the gateway rejects it",
                context.place(*path, "name"),
                remedy=f"Add {visible(str(name))} to `apiKeys` of a tenant.",
            )
        for second in mine[1:]:
            yield _broken(
                f"client {visible(str(name))} belongs to several tenants",
                context.place(*second),
                context.place(*mine[0], note="the first one"),
                remedy="Remove it from `apiKeys` of all tenants but one.",
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
        for place, called in _served(path, model):
            first = served.setdefault(called, place)
            if first[:4] != path:
                field = "name" if len(place) > len(path) else "servedName"
                yield _broken(
                    f"two models or adapters are served as {visible(called)}, and Envoy AI Gateway "
                    "tells them by this name alone",
                    context.place(*place, "name"),
                    context.place(*first, "name", note="the first one"),
                    remedy=f"Change `{field}` of one of them.",
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


def _served(path: Path, model: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """The names that the servers of a model answer to, with the path of the model or adapter."""
    yield path, str(model.get("servedName") or model_id(str(model.get("model"))))
    for i, adapter in maps(model.get("adapters")):
        yield (*path, "adapters", i), str(adapter.get("name"))
    for i, alias in maps(model.get("aliases")):
        yield (*path, "aliases", i), str(alias.get("name"))


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
