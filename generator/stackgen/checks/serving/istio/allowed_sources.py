"""Which clients the rules of AuthorizationPolicies may allow, by their account and namespace."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from stackgen.checks.serving.chain import Pods
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import selector
from stackgen.regex import regex

_IDENTITIES = ("principals", "namespaces", "serviceAccounts", "requestPrincipals")
# Paths that only collectors of metrics and probes ask for.
_PROBED = regex(r"/(?:metrics|health|healthz|livez?|readyz?|ping|stats/prometheus)[/*]*")


def covers(policy: Resource, pods: Pods) -> bool:
    chosen = policy.get("spec", "selector")
    if policy.namespace != pods.owner.namespace:
        return False
    return not chosen or selector(chosen).matches(dict(pods.labels)) is True


def allows(
    policy: Resource, space: str, account: str, ports: list[int], *, exact: bool = False
) -> bool:
    """Whether a rule has no condition on the source, or one that the client may meet.

    exact: the client has this account, and no other one of its namespace.
    """
    rules = [rule for _, rule in maps(policy.get("spec", "rules")) if _serves(rule, ports)]
    return any(
        not as_list(rule.get("from"))
        or any(
            _source(as_dict(one.get("source")), space, account, exact)
            for _, one in maps(rule["from"])
        )
        for rule in rules
    )


def is_anonymous(source: Mapping[str, Any]) -> bool:
    """Whether a client without a certificate of the mesh and without a token may meet a source."""
    return not any(as_list(source.get(field)) for field in _IDENTITIES)


def _serves(rule: Mapping[str, Any], ports: list[int]) -> bool:
    """Whether a rule is about requests to the ports, and not only about metrics and probes."""
    asked = [as_dict(one.get("operation")) for _, one in maps(rule.get("to"))]
    return not asked or any(_is_request(one, ports) for one in asked)


def _is_request(operation: Mapping[str, Any], ports: list[int]) -> bool:
    paths, numbers = as_list(operation.get("paths")), as_list(operation.get("ports"))
    if paths and all(isinstance(x, str) and _PROBED.fullmatch(x) for x in paths):
        return False
    return not ports or not numbers or any(str(port) in map(str, numbers) for port in ports)


def _source(source: dict[str, Any], space: str, name: str, exact: bool) -> bool:
    spaces, accounts = as_list(source.get("namespaces")), as_list(source.get("principals"))
    if not spaces and not accounts:
        return True
    account = f"*/ns/{space}/sa/{name}"
    if spaces and not any(fnmatchcase(space, str(one)) for one in spaces):
        return False
    if not accounts or any(fnmatchcase(str(one), account) or str(one) == "*" for one in accounts):
        return True
    near = [str(one) for one in accounts if f"/ns/{space}/" in str(one)]
    return any(not exact or "*" in one for one in near)
