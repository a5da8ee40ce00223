"""What an Ingress or an OpenShift Route says: its class, its Services, their BackendConfig."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stackgen.checks.serving.chain import ApiObject, Chain
from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.document import Path

BACKEND_CONFIG = "BackendConfig"
_NOTES = ("cloud.google.com/backend-config", "beta.cloud.google.com/backend-config")


def class_of(route: ApiObject) -> str:
    """The class of an Ingress; empty without one."""
    notes = as_dict(route.get("metadata", "annotations"))
    named = text(route.get("spec", "ingressClassName"))
    return named or text(notes.get("kubernetes.io/ingress.class"))


def backend_config_of(service: ApiObject) -> str:
    """The BackendConfig that a Service names; empty for none, or an annotation that is no JSON."""
    notes = as_dict(service.get("metadata", "annotations"))
    try:
        note = as_dict(json.loads(next((text(notes[n]) for n in _NOTES if n in notes), "{}")))
    except (ValueError, RecursionError):
        return ""
    ports = as_dict(note.get("ports")).values()
    return text(note.get("default")) or next(map(text, ports), "")


def services_behind(links: Chain, route: ApiObject) -> Iterator[tuple[Path, ApiObject]]:
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
