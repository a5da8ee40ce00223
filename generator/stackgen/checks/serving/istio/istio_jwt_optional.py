"""Tokens that are checked where there are any, and that nothing requires."""

from __future__ import annotations

import json

from stackgen.checks.context import Context
from stackgen.checks.serving.mesh import SECURITY
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

# What a rule of an AuthorizationPolicy says about the token of a request.
_ABOUT_TOKENS = ("equestPrincipals", "request.auth.")


def check(context: Context) -> Violations:
    """RequestAuthentications where no policy of the namespace, or of the mesh, asks for a token."""
    asking = {
        policy.namespace
        for policy in context.bundle.of_kind("AuthorizationPolicy", SECURITY)
        if (
            any(word in json.dumps(policy.get("spec"), default=str) for word in _ABOUT_TOKENS)
            and not _denies_all(context, policy)
        )
        or policy.get("spec", "action") == "CUSTOM"
    }
    for one in context.bundle.of_kind("RequestAuthentication", SECURITY):
        if one.get("spec", "jwtRules") and not asking & {one.namespace, "istio-system"}:
            policies = context.bundle.of_kind("AuthorizationPolicy", SECURITY)
            own = [
                x.name for x in policies if x.namespace == one.namespace and _denies_all(context, x)
            ]
            hint = f"; {own[0]} denies the requests that have one" if own else ""
            yield violation(
                f"no AuthorizationPolicy in namespace {one.namespace or 'default'} requires the "
                f"token that RequestAuthentication {one.name} checks{hint}",
                Place(one, ("spec", "jwtRules")),
            )


def _denies_all(context: Context, policy: Resource) -> bool:
    """Whether it denies requests because they have a token, of any issuer that is accepted."""
    rules = [rule for _, rule in maps(policy.get("spec", "rules"))]
    asked = [as_dict(one.get("source")) for rule in rules for _, one in maps(rule.get("from"))]
    known = {
        f"{rule.get('issuer')}/*"
        for one in context.bundle.of_kind("RequestAuthentication", SECURITY)
        if one.namespace == policy.namespace
        for _, rule in maps(one.get("spec", "jwtRules"))
    }
    listed = [set(map(str, as_list(one.get("requestPrincipals")))) for one in asked]
    return (
        policy.get("spec", "action") == "DENY"
        and bool(asked)
        and all(set(one) == {"requestPrincipals"} for one in asked)
        and not any(rule.get("when") for rule in rules)
        and all("*" in some or (known and known <= some) for some in listed)
    )
