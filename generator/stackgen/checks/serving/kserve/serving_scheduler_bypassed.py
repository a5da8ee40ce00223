"""A route that sends no request through the scheduler of its service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, services
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path

_POOL = "InferencePool"
_HTTP: Path = ("spec", "router", "route", "http")


def check(context: Context) -> Violations:
    """One finding for each service whose routes have backends, and none of them is a pool."""
    for service in services(context):
        router = as_dict(service.own.get("router"))
        if not service.whole or not isinstance(router.get("scheduler"), dict):
            continue
        found = list(_backends(context, service))
        if found and not any(kind == _POOL or not plain(kind) for kind, _ in found):
            yield violation(
                "the route has no InferencePool among its backends: no request goes through the "
                "scheduler",
                found[0][1],
                service.place("spec", "router", "scheduler", key=True, note="the scheduler"),
            )


def _backends(context: Context, service: Service) -> Iterator[tuple[str, Place]]:
    """The kinds of backends, of the route in the service or of those that it refers to."""
    http = as_dict(as_dict(as_dict(service.spec.get("router")).get("route")).get("http"))
    for path, kind in _of_rules(as_dict(http.get("spec"))):
        yield kind, service.place(*_HTTP, "spec", *path)
    refs = [text(ref.get("name")) for _, ref in maps(http.get("refs"))]
    routes = [context.bundle.named("HTTPRoute", service.namespace, name) for name in refs]
    if all(routes):  # of those that are not in the input, nothing is known
        for route in (one for several in routes for one in several):
            for path, kind in _of_rules(as_dict(route.get("spec"))):
                yield kind, Place(route, ("spec", *path))


def _of_rules(spec: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    for i, rule in maps(spec.get("rules")):
        for j, backend in maps(rule.get("backendRefs")):
            yield ("rules", i, "backendRefs", j), text(backend.get("kind")) or "Service"
