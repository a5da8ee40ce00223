"""Two routes of one Gateway with the same match: only the older one gets the requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, applied_to
from stackgen.checks.serving.settled import applied_together
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_EVERY = {"type": "PathPrefix", "value": "/"}
_SOME = 5  # routes with one match; more say the same
_Key = tuple[str, str, str]


def check(context: Context) -> Violations:
    """One finding for each HTTPRoute that has a match of another one for the same hostname."""
    seen: dict[_Key, list[tuple[Resource, frozenset[str]]]] = {}
    for route in context.bundle.of_kind("HTTPRoute", GATEWAY_API):
        hosts = frozenset(map(text, as_list(route.get("spec", "hostnames")))) or frozenset({""})
        told = False
        for at, path, key in _keys(route):
            others = seen.setdefault(key, [])
            other = None if told else _hidden_by(context, route, hosts, others)
            if len(others) < _SOME:
                others.append((route, hosts))
            if other is None:
                continue
            told = True
            host = min(hosts & other[1])
            where = f" for {visible(host)}" if host else ""
            yield violation(
                f"HTTPRoute {other[0].name} has the same match {visible(path)}{where} at Gateway "
                f"{key[1]}",
                Place(route, at),
                Place(other[0], ("spec", "rules"), key=True, note="the other HTTPRoute"),
            )


def _hidden_by(
    context: Context,
    route: Resource,
    hosts: frozenset[str],
    others: list[tuple[Resource, frozenset[str]]],
) -> tuple[Resource, frozenset[str]] | None:
    """Another route of the same set with one of the hosts, and its hosts."""
    for other, served in others:
        same = (other.namespace, other.name) == (route.namespace, route.name)
        if not same and not hosts.isdisjoint(served) and applied_together(context, route, other):
            return other, served
    return None


def _keys(route: Resource) -> Iterator[tuple[Path, str, _Key]]:
    """Each match of a route with its place, path, and what makes it the same as another one."""
    parents = []
    for _, ref in maps(route.get("spec", "parentRefs")):
        name = text(ref.get("name"))
        if text(ref.get("kind")) in ("", "Gateway") and plain(name):
            space = applied_to(text(ref.get("namespace")) or route.namespace)
            parents.append((f"{space}/{ref.get('sectionName', '')}:{ref.get('port', '')}", name))
    for i, rule in maps(route.get("spec", "rules")):
        found: list[tuple[Path, dict[str, Any]]] = [
            (("spec", "rules", i, "matches", j), match) for j, match in maps(rule.get("matches"))
        ]
        for at, match in found or [(("spec", "rules", i), {})]:
            path = {**_EVERY, **as_dict(match.get("path"))}
            said = json.dumps({**match, "path": path}, sort_keys=True)
            for space, name in parents[:_SOME] if plain(said) else ():
                yield at, text(path["value"]), (space, name, said)
