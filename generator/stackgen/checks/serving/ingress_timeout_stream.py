"""An Ingress or an OpenShift Route that ends an answer of a model server early."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, chain
from stackgen.checks.serving.gateway_routes import seconds
from stackgen.checks.serving.monitors import server_line
from stackgen.checks.serving.route_timeout_stream import SHORT_SECONDS
from stackgen.facts.shape import as_dict, maps, number, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.shipped import shipped

_CLASS = "kubernetes.io/ingress.class"
_CONFIG = "BackendConfig"


def check(context: Context) -> Violations:
    """One finding for each object whose controller and whose servers are known."""
    links = chain(context)
    for row in _rows():
        for route in links.of(row["kind"], row["group"]):
            notes = as_dict(route.get("metadata", "annotations"))
            named = text(route.get("spec", "ingressClassName")) or text(notes.get(_CLASS))
            if row["classes"] and named not in row["classes"]:
                continue
            for path, service in _services(links, route):
                selected = as_dict(service.get("spec", "selector"))
                pods = links.selected(route.namespace, selected) if selected else []
                if not any(map(server_line, pods)):
                    continue
                given, where = _given(links, row, notes, service)
                limit = row["seconds"] if given is None else given
                if 0 < limit < SHORT_SECONDS:
                    unset = f"the default of {row['name']}" if given is None else where
                    what = "ends after" if row.get("whole") else "ends after a pause of"
                    yield violation(
                        f"an answer of {service.name} {what} {limit:g} s, {unset}",
                        route.place(*path),
                    )
                    break


def _given(
    links: Chain, row: Mapping[str, Any], notes: Mapping[str, Any], service: ApiObject
) -> tuple[float | None, str]:
    """The limit that is set, in seconds, and where; None for none. 0 for one that is not known."""
    if "annotation" in row:
        value = text(notes.get(row["annotation"]))
        given = float(value) if value.isdecimal() else seconds(value) if value else None
        return (0 if value and given is None else given), f"by {row['annotation']}"
    note = text(as_dict(service.get("metadata", "annotations")).get(row["backend_config"]))
    if not note:
        return None, ""
    try:
        name = next(map(text, as_dict(json.loads(note)).get("ports", {}).values()), "")
        name = text(as_dict(json.loads(note)).get("default")) or name
    except (ValueError, AttributeError, RecursionError):
        return 0, ""
    config = links.find(_CONFIG, service.namespace, name)
    if config is None:
        return 0, ""
    return number(config.get("spec", "timeoutSec")), f"timeoutSec of {_CONFIG} {name}"


def _services(links: Chain, route: ApiObject) -> Iterator[tuple[Path, ApiObject]]:
    """The Services of the input behind an Ingress or a Route, and where they are named."""
    named: list[tuple[Path, str]] = [
        (("spec", "to", "name"), text(route.get("spec", "to", "name")))
    ]
    first: Path = ("spec", "defaultBackend", "service", "name")
    named.append((first, text(route.get(*first))))
    for i, rule in maps(route.get("spec", "rules")):
        for j, one in maps(as_dict(rule.get("http")).get("paths")):
            path: Path = ("spec", "rules", i, "http", "paths", j, "backend", "service", "name")
            named.append(
                (path, text(as_dict(as_dict(one.get("backend")).get("service")).get("name")))
            )
    for path, name in named:
        found = links.nearest("Service", route.namespace, name, route.resource, "") if name else []
        if found:
            yield path, found[0]


@cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    return tuple(shipped(__file__, "ingress_timeouts.yaml")["rows"])
