"""Which requests of a route the rules of AuthorizationPolicies may allow, by host and path."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from stackgen.checks.serving.chain import ApiObject
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.manifest.resource import Resource

_REWRITES = frozenset({"URLRewrite", "RequestRedirect"})


def refused_hosts(
    policies: Iterable[Resource], route: ApiObject, ports: Collection[int] = ()
) -> list[str]:
    """The hostnames of a route that no rule may allow. ports: of the proxy, if they are known."""
    asked = [as_list(one.get("hosts")) for one in _operations(policies, ports)]
    if not all(asked) or any(not plain(str(x)) for hosts in asked for x in hosts):
        return []
    allowed = [str(host) for hosts in asked for host in hosts]
    own = [text(host) for host in as_list(route.get("spec", "hostnames"))]
    return [host for host in own if not any(_meet(one, host) for one in allowed)]


def refused_paths(
    policies: Iterable[Resource],
    route: ApiObject,
    ports: Collection[int] = (),
    *,
    rewritten: bool = True,
) -> list[str]:
    """The paths of a route that no rule may allow; none if the route rewrites them.

    rewritten: the policies see the paths that the route writes, as those of Pods do.
    """
    asked = [as_list(one.get("paths")) for one in _operations(policies, ports)]
    if not all(asked) or any("{" in str(x) or not plain(str(x)) for p in asked for x in p):
        return []
    allowed = [str(path) for paths in asked for path in paths]
    found, some = [], False
    for _, rule in maps(route.get("spec", "rules")):
        filters = {text(one.get("type")) for _, one in maps(rule.get("filters"))}
        if filters & _REWRITES if rewritten else "RequestRedirect" in filters:
            return []
        for _, match in maps(rule.get("matches")):
            path = as_dict(match.get("path"))
            value = text(path.get("value"))
            if path.get("type") == "RegularExpression" or not value or not plain(value):
                continue
            if any(_reaches(one, value.rstrip("/")) for one in allowed):
                some = True
            else:
                found.append(value)
    # A platform offers each model at several paths, of which clients may use one.
    return [] if some and route.service is not None else found


def _operations(policies: Iterable[Resource], ports: Collection[int]) -> list[dict[str, Any]]:
    """The operations of all rules; an empty one for a rule that allows every request.

    Those for other ports are left out.
    """
    found: list[dict[str, Any]] = []
    for policy in policies:
        for _, rule in maps(policy.get("spec", "rules")):
            listed = [as_dict(one.get("operation")) for _, one in maps(rule.get("to"))]
            found += [one for one in listed or [{}] if _is_at(one, ports)]
    return found


def _is_at(operation: Mapping[str, Any], ports: Collection[int]) -> bool:
    """Whether an operation may be at one of the ports."""
    asked = set(map(str, as_list(operation.get("ports"))))
    return not ports or not asked or not asked.isdisjoint(map(str, ports))


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
