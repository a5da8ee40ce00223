"""The fields of a Config Connector object, one by one, with what other tools call them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped

TABLES = {"ContainerCluster": "cluster", "ContainerNodePool": "pool"}


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Any]:
    """The rows of `fields.yaml` by table and by path."""
    found: Mapping[str, Any] = shipped(__file__, "fields.yaml")
    return found


def fields_of(resource: Resource) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Every field of the object's spec: its path with dots, its value, its row of `fields.yaml`.

    Raises UsageError for a field that has no row.
    """
    table = tables()[TABLES[resource.kind]]
    yield from _walk(resource.data["spec"], "", table, resource)


def _walk(
    value: Any, path: str, table: Mapping[str, Any], resource: Resource
) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    if path in table:
        yield path, value, table[path]
    elif isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _walk(item, f"{path}.{key}" if path else key, table, resource)
    else:
        raise UsageError(
            f"spec.{path} of {resource.kind} {resource.name} has no form for gcloud and Terraform; "
            "it is there for Config Connector alone (by a patch of the spec?)"
        )
