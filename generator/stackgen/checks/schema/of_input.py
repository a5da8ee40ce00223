"""What the input and the experimental channel of Gateway API define besides the known schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.schema.problem import Problem

_UNKNOWN, _MISSING = "schema-unknown-field", "schema-missing-field"
_Kind = tuple[str, str, str]


def is_defined(context: Context, resource: Resource, problem: Problem) -> bool:
    """Whether a definition of the input, or of the other channel, does not have the problem."""
    return _is_experimental(resource, problem) or _is_defined_otherwise(context, resource, problem)


def _is_defined_otherwise(context: Context, resource: Resource, problem: Problem) -> bool:
    """Whether a definition of the input does not have the problem: the API server uses that.

    What depends on several fields is not compared.
    """
    kind = (resource.group, resource.kind, resource.version)
    schema = context.once(_schemas).get(kind)
    if schema is None:
        return False
    if problem.rule == _UNKNOWN:
        return _below(schema, problem.path) is not None
    if problem.rule == _MISSING:
        parent = _below(schema, problem.path[:-1])
        return parent is not None and problem.path[-1] not in as_list(parent.get("required"))
    return problem.rule == "schema-cross-field"


def _is_experimental(resource: Resource, problem: Problem) -> bool:
    """Whether a field is only in the experimental channel of Gateway API."""
    if problem.rule != _UNKNOWN or resource.group != "gateway.networking.k8s.io":
        return False
    steps = [step for step in problem.path if isinstance(step, str)]
    known: dict[str, list[list[str]]] = shipped(__file__, "experimental_fields.yaml")["fields"]
    return any(steps[: len(one)] == one for one in known.get(resource.kind, ()))


def _schemas(context: Context) -> dict[_Kind, dict[str, Any]]:
    """The schema of each version that definitions of the input serve."""
    return dict(_each(context))


def _each(context: Context) -> Iterator[tuple[_Kind, dict[str, Any]]]:
    for one in context.bundle.of_kind("CustomResourceDefinition"):
        group, kind = text(one.get("spec", "group")), text(one.get("spec", "names", "kind"))
        for _, version in maps(one.get("spec", "versions")):
            schema = at(version, "schema", "openAPIV3Schema")
            if isinstance(schema, dict) and version.get("served") is not False:
                yield (group, kind, text(version.get("name"))), schema


def _below(schema: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """The schema of a path; None where there is no such field."""
    here: dict[str, Any] = schema
    for step in path:
        inner = here.get("items") if isinstance(step, int) else None
        inner = inner or as_dict(here.get("properties")).get(str(step))
        inner = inner or here.get("additionalProperties")
        if not isinstance(inner, dict):
            return here if here.get("x-kubernetes-preserve-unknown-fields") is True else None
        here = inner
    return here
