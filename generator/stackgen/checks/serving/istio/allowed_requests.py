"""Which requests of a route the rules of AuthorizationPolicies may allow, by host and path."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from stackgen.checks.serving.chain import ApiObject
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.manifest.resource import Resource

_REWRITES = ("URLRewrite", "RequestRedirect")


def refused_hosts(policies: Iterable[Resource], route: ApiObject) -> list[str]:
    """The hostnames of a route that no rule may allow."""
    asked = [as_list(one.get("hosts")) for one in _operations(policies)]
    if not all(asked) or any(not plain(str(x)) for hosts in asked for x in hosts):
        return []
    allowed = [str(host) for hosts in asked for host in hosts]
    own = [text(host) for host in as_list(route.get("spec", "hostnames"))]
    return [host for host in own if not any(_meet(one, host) for one in allowed)]


def refused_paths(policies: Iterable[Resource], route: ApiObject) -> list[str]:
    """The paths of a route that no rule may allow; none if the route rewrites them."""
    asked = [as_list(one.get("paths")) for one in _operations(policies)]
    if not all(asked) or any("{" in str(x) or not plain(str(x)) for p in asked for x in p):
        return []
    allowed = [str(path) for paths in asked for path in paths]
    found = []
    for _, rule in maps(route.get("spec", "rules")):
        if any(one.get("type") in _REWRITES for _, one in maps(rule.get("filters"))):
            return []
        for _, match in maps(rule.get("matches")):
            path = as_dict(match.get("path"))
            value = text(path.get("value"))
            if path.get("type") == "RegularExpression" or not value or not plain(value):
                return []
            if not any(_reaches(one, value.rstrip("/")) for one in allowed):
                found.append(value)
    return found


def _operations(policies: Iterable[Resource]) -> list[dict[str, Any]]:
    """The operations of all rules; an empty one for a rule that allows every request."""
    found: list[dict[str, Any]] = []
    for policy in policies:
        for _, rule in maps(policy.get("spec", "rules")):
            listed = [as_dict(one.get("operation")) for _, one in maps(rule.get("to"))]
            found += listed or [{}]
    return found


def _meet(pattern: str, host: str) -> bool:
    """Whether a pattern of hosts, perhaps with a port, has one in common with a hostname."""
    bare = pattern.removesuffix(":*").partition(":")[0]
    return fnmatchcase(host, bare) or fnmatchcase(bare, host) or bare.endswith("*")


def _reaches(pattern: str, prefix: str) -> bool:
    """Whether a pattern of paths has one in common with those below a prefix."""
    if pattern.startswith("*"):
        return True
    base = pattern.removesuffix("*")
    return base.startswith(prefix) or (pattern != base and prefix.startswith(base.rstrip("/")))
