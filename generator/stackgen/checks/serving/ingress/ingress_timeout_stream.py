"""An Ingress or an OpenShift Route that ends an answer of a model server early."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, chain
from stackgen.checks.serving.gateway.route_timeout_stream import SHORT_SECONDS
from stackgen.checks.serving.gateway_routes import seconds
from stackgen.checks.serving.ingress.ingresses import (
    BACKEND_CONFIG,
    backend_config_of,
    class_of,
    services_behind,
)
from stackgen.checks.serving.monitors import generates
from stackgen.facts.shape import as_dict, number, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.shipped import shipped


def check(context: Context) -> Violations:
    """One finding for each object whose controller and whose servers are known."""
    links = chain(context)
    for row in _rows():
        for route in links.of(row["kind"], row["group"]):
            notes = as_dict(route.get("metadata", "annotations"))
            if row["classes"] and class_of(route) not in row["classes"]:
                continue
            for path, service in services_behind(links, route):
                selected = as_dict(service.get("spec", "selector"))
                pods = links.selected(route.namespace, selected) if selected else []
                if not any(map(generates, pods)):
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
    name = backend_config_of(service)
    if not name:
        return None, ""
    config = links.find(BACKEND_CONFIG, service.namespace, name)
    if config is None:
        return 0, ""
    return number(config.get("spec", "timeoutSec")), f"timeoutSec of {BACKEND_CONFIG} {name}"


@cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    return tuple(shipped(__file__, "ingress_timeouts.yaml")["rows"])
