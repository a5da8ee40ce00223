"""A limit that counts by something that nothing verifies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.gateway.access_policies import (
    AI_GATEWAY,
    lineage,
    parts,
    policies,
    targets,
)
from stackgen.facts.shape import as_dict, at, maps, text, texts
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_IDENTITY = regex(r"auth\.identity\.(\w+)")
# Headers that the gateway writes itself.
_OWN = {"x-ai-eg-model", "x-envoy-external-address", "x-forwarded-for", "host"}


def check(context: Context) -> Violations:
    """Limits of Kuadrant by identity, and limits of Envoy Gateway by header."""
    for policy in policies(context, "RateLimitPolicy", "TokenRateLimitPolicy"):
        yield from _by_identity(context, policy)
    for policy in policies(context, "BackendTrafficPolicy"):
        yield from _by_header(context, policy)


def _by_identity(context: Context, policy: Resource) -> Violations:
    reach = {one for target in targets(policy) for one in lineage(context, target)}
    known = [
        other
        for other in policies(context, "AuthPolicy")
        if reach & {one for target in targets(other) for one in lineage(context, target)}
    ]
    if not known and context.once(_makes_policies):
        return
    given = _properties(known)
    for path, expression in _expressions(policy):
        for name in _IDENTITY.findall(expression):
            if not known:
                yield violation(
                    f"{policy.kind} {policy.name} counts by auth.identity.{name}, but no "
                    "AuthPolicy in the manifests sets it",
                    Place(policy, path),
                    confidence="high" if context.complete else "medium",
                )
                return
            if given is not None and name not in given:
                yield violation(
                    f"AuthPolicy {known[0].name} has no property {name} in "
                    "response.success.filters.identity",
                    Place(policy, path),
                    Place(known[0], ("spec",), note="the AuthPolicy"),
                )
                return


def _makes_policies(context: Context) -> bool:
    """Whether a Job or a script in the input makes or changes an AuthPolicy."""
    return any(
        "authpolic" in word.lower()
        for kind in ("Job", "CronJob", "ConfigMap")
        for one in context.bundle.of_kind(kind)
        for _, word in texts(one.data)
    )


def _expressions(policy: Resource) -> Iterator[tuple[Path, str]]:
    for path, limits in parts(policy, "limits"):
        for name, limit in limits.items():
            for field, key in (("when", "predicate"), ("counters", "expression")):
                for i, one in maps(as_dict(limit).get(field)):
                    yield (*path, name, field, i, key), text(one.get(key))


def _properties(known: list[Resource]) -> set[str] | None:
    """What the policies pass on; None where one passes on something that is not listed."""
    found: set[str] = set()
    for policy in known:
        for _, rules in parts(policy, "rules"):
            items = as_dict(at(rules, "response", "success", "filters"))
            for name, item in items.items():
                fields = at(item, "json", "properties")
                if (name == "identity" and not isinstance(fields, dict)) or at(item, "plain"):
                    return None
                found |= set(as_dict(fields))
    return found


def _by_header(context: Context, policy: Resource) -> Violations:
    """A client may send any header that no policy writes or removes."""
    written = set(_written(context))
    if any(True for _ in context.bundle.of_kind("EnvoyExtensionPolicy")):
        return
    rules = policy.get("spec", "rateLimit", "global", "rules")
    for i, rule in maps(rules):
        for j, who in maps(rule.get("clientSelectors")):
            for k, header in maps(who.get("headers")):
                name = text(header.get("name")).lower()
                if name and not name.startswith(":") and name not in written | _OWN:
                    path = ("clientSelectors", j, "headers", k, "name")
                    yield violation(
                        f"the limit counts by the header {name}, which a client can set to any "
                        "value",
                        Place(policy, ("spec", "rateLimit", "global", "rules", i, *path)),
                    )
                    return


def _written(context: Context) -> Iterator[str]:
    """The headers that the policies of the input write for a verified client."""
    for policy in policies(context, "SecurityPolicy"):
        spec: dict[str, Any] = as_dict(policy.get("spec"))
        yield text(at(spec, "apiKeyAuth", "forwardClientIDHeader")).lower()
        yield text(at(spec, "basicAuth", "forwardUsernameHeader")).lower()
        for _, provider in maps(at(spec, "jwt", "providers")):
            for _, claim in maps(provider.get("claimToHeaders")):
                yield text(claim.get("header")).lower()
        for way in ("http", "grpc"):
            names = at(spec, "extAuth", way, "headersToBackend")
            yield from (str(one).lower() for one in names or ())
    for route in context.bundle.of_kind("AIGatewayRoute", AI_GATEWAY):
        for _, rule in maps(route.get("spec", "rules")):
            for _, match in maps(rule.get("matches")):
                yield from (text(h.get("name")).lower() for _, h in maps(match.get("headers")))
