"""A route to something that the controller does not make."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, chain, is_pool, is_service
from stackgen.checks.serving.view import Service
from stackgen.facts.object_references import ObjectReference
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Severity, Violations, violation
from stackgen.platforms.kserve.expand import stopped
from stackgen.platforms.kserve.names import Names
from stackgen.regex import regex

_SUFFIX = regex(
    r"-(kserve-workload(-svc)?|workload-svc|inference-?pool|epp(-service|-svc)?|kserve|predictor)\Z"
)


def check(context: Context) -> Violations:
    """Names that can only be meant for children of a service of the input, and are not theirs."""
    links = chain(context)
    for route in links.routes:
        if route.service is not None:
            continue
        for path, backend in links.backends(route):
            kind = "InferencePool" if is_pool(backend) else "Service" if is_service(backend) else ""
            name = text(backend.get("name"))
            namespace = text(backend.get("namespace")) or route.namespace
            if not kind or not plain(name) or links.find(kind, namespace, name) is not None:
                continue
            owner = _owner(links, namespace, name)
            if owner is None:
                continue
            service, stem = owner
            names = Names(service.name)
            child = names.pool if kind == "InferencePool" else names.service
            made = links.find(kind, namespace, child) is not None
            why = f"KServe creates {child}" if made else f"KServe creates no {kind} for {stem}"
            # The very name that KServe would give it, so no other object is expected to have it.
            certain = name == child and service.whole and not stopped(service.resource.data)
            yield violation(
                f"there is no {kind} {name}: {why}",
                route.place(*path, "name"),
                service.place("metadata", "name", note="the service"),
                severity=Severity.ERROR if certain else None,
            )


def speaks_of(context: Context, ref: ObjectReference) -> bool:
    """Whether a name can only be meant for what KServe makes of a service of the input."""
    return _owner(chain(context), ref.namespace, ref.name) is not None


def _owner(links: Chain, namespace: str, name: str) -> tuple[Service, str] | None:
    """The service of the input that such a name is meant for."""
    match = _SUFFIX.search(name)
    for service in links.view.services:
        if service.namespace != namespace:
            continue
        if name == service.name or (match and name[: match.start()] == service.name):
            return service, service.name
    return None
