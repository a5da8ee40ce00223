"""The objects as kustomizations and deliveries apply them."""

from __future__ import annotations

from stackgen.facts.application_sets import applications
from stackgen.manifest.environments import environments
from stackgen.manifest.resource import Bundle, Resource
from stackgen.schema.store import in_namespaces


def delivered(bundle: Bundle) -> list[Bundle]:
    """The environments of the input, with the namespaces that deliveries give."""
    return environments(bundle, in_namespaces, applications(bundle))


def united(parts: list[Bundle]) -> tuple[Resource, ...]:
    """The objects of all environments; one that several make alike is there once."""
    if len(parts) == 1:
        return parts[0].resources
    found: dict[tuple[object, ...], list[Resource]] = {}
    for one in (resource for part in parts for resource in part.resources):
        line = one.document.line if one.document is not None else 0
        alike = found.setdefault((one.file, line, one.base, one.kind, one.name), [])
        if all(one.data is not other.data and one.data != other.data for other in alike):
            alike.append(one)
    return tuple(one for alike in found.values() for one in alike)
