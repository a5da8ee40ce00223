"""Tokens that are checked where there are any, and that nothing requires."""

from __future__ import annotations

import json

from stackgen.checks.context import Context
from stackgen.checks.serving.mesh import SECURITY
from stackgen.findings.model import Place, Violations, violation

# What a rule of an AuthorizationPolicy says about the token of a request.
_ABOUT_TOKENS = ("equestPrincipals", "request.auth.")


def check(context: Context) -> Violations:
    """RequestAuthentications where no policy of the namespace, or of the mesh, asks for a token."""
    asking = {
        policy.namespace
        for policy in context.bundle.of_kind("AuthorizationPolicy", SECURITY)
        if any(word in json.dumps(policy.get("spec"), default=str) for word in _ABOUT_TOKENS)
        or policy.get("spec", "action") == "CUSTOM"
    }
    for one in context.bundle.of_kind("RequestAuthentication", SECURITY):
        if one.get("spec", "jwtRules") and not asking & {one.namespace, "istio-system"}:
            yield violation(
                f"no AuthorizationPolicy in namespace {one.namespace or 'default'} requires the "
                f"token that RequestAuthentication {one.name} checks",
                Place(one, ("spec", "jwtRules")),
            )
