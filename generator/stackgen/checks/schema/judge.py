"""Run the schema engine over a bundle; every problem becomes a finding of its rule."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.context import Context, identity
from stackgen.checks.schema import (
    schema_annotation,
    schema_cross_field,
    schema_duplicate_item,
    schema_enum,
    schema_format,
    schema_immutable,
    schema_label,
    schema_length,
    schema_missing_field,
    schema_name,
    schema_native,
    schema_not_evaluated,
    schema_null,
    schema_pattern,
    schema_placeholder,
    schema_quantity,
    schema_range,
    schema_unknown_field,
    schema_unknown_kind,
    schema_wrong_type,
)
from stackgen.checks.schema.schema_placeholder import variable
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.manifest.resource import Resource
from stackgen.schema.engine import validate
from stackgen.schema.store import catalogue

_RULES: dict[str, Rule] = {
    module.RULE.id: module.RULE
    for module in (
        schema_unknown_kind,
        schema_unknown_field,
        schema_wrong_type,
        schema_missing_field,
        schema_enum,
        schema_range,
        schema_length,
        schema_pattern,
        schema_format,
        schema_quantity,
        schema_duplicate_item,
        schema_name,
        schema_label,
        schema_annotation,
        schema_null,
        schema_cross_field,
        schema_native,
        schema_immutable,
        schema_not_evaluated,
    )
}


def check(context: Context) -> Iterable[Finding]:
    """Everything the API server of the release row would refuse in the bundle."""
    schemas = catalogue(context.release, context.schemas)
    for resource in context.bundle.objects:
        before = None if _is_replaced(resource) else context.previous.get(identity(resource))
        for problem in validate(resource.data, catalogue=schemas, previous=before):
            place = Place(resource=resource, path=problem.path, key=problem.key)
            later = "" if problem.key else variable(resource.get(*problem.path))
            if later:
                message = f"{later} is put in later; {problem.path[-1]} is not judged"
                yield schema_placeholder.RULE.finding(message, place)
                continue
            severity = None if problem.certain else Severity.WARNING
            yield _RULES[problem.rule].finding(problem.message, place, severity=severity)


def _is_replaced(resource: Resource) -> bool:
    """Whether the GitOps engine deletes and makes the object anew instead of changing it."""
    annotations = resource.metadata.get("annotations")
    if not isinstance(annotations, dict):
        return False
    options = str(annotations.get("argocd.argoproj.io/sync-options", ""))
    force = str(annotations.get("kustomize.toolkit.fluxcd.io/force", ""))
    return force.lower() == "enabled" or "Replace=true" in options
