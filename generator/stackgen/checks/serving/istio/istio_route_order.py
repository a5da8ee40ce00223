"""A route of a VirtualService that another one before it, or beside it, hides."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.mesh import NETWORKING
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

# What says where a match holds, and not what it matches.
_SCOPE = frozenset({"name", "gateways"})


def check(context: Context) -> Violations:
    """One finding for each VirtualService with a route that never gets a request."""
    seen: dict[tuple[str, str, str], Resource] = {}
    for one in context.bundle.of_kind("VirtualService", NETWORKING):
        rules = [(i, rule) for i, rule in maps(one.get("spec", "http"))]
        ends = [i for i, rule in rules if _takes_all(rule)]
        later = [i for i, _ in rules if ends and i > ends[0]]
        if later:
            yield violation(
                f"http route {ends[0]} of VirtualService {one.name} matches every request, so that "
                f"route {later[0]} after it gets none",
                Place(one, ("spec", "http", later[0])),
                Place(one, ("spec", "http", ends[0]), note="the route that matches every request"),
            )
        if not ends:
            continue
        for key in _keys(one):
            other = seen.setdefault(key, one)
            if other is not one and other.name != one.name and _applied_together(one, other):
                yield violation(
                    f"VirtualService {other.name} has the host {visible(key[2])} at the same "
                    f"gateway, and both have a route for every request",
                    Place(one, ("spec", "hosts")),
                    Place(other, ("spec", "hosts"), note="the other VirtualService"),
                )
                break


def _takes_all(rule: dict[str, Any]) -> bool:
    """Whether a route is for every request of its hosts and gateways."""
    if "match" not in rule or rule["match"] in (None, []):
        return True
    return any(_is_all(match) for _, match in maps(rule["match"]))


def _is_all(match: dict[str, Any]) -> bool:
    """Whether one match holds for every request, at the gateways of the whole VirtualService."""
    if as_list(match.get("gateways")):
        return False
    said = {key: value for key, value in match.items() if key not in _SCOPE}
    return not said or said == {"uri": {"prefix": "/"}}


def _keys(one: Resource) -> Iterator[tuple[str, str, str]]:
    """Namespace and name of each gateway, with each host. In the mesh, hosts are of Services."""
    for gateway in as_list(one.get("spec", "gateways")):
        space, slash, name = text(gateway).rpartition("/")
        for host in as_list(one.get("spec", "hosts")):
            if name and name != "mesh" and plain(text(host)) and plain(text(gateway)):
                yield (space if slash else one.namespace), name, text(host)


def _applied_together(one: Resource, other: Resource) -> bool:
    """Whether two objects are of one set: samples in folders beside each other are not."""
    here, there = os.path.dirname(one.file), os.path.dirname(other.file)
    named = as_dict(one.metadata).get("namespace") and as_dict(other.metadata).get("namespace")
    return here == there if named and one.namespace == other.namespace else False
