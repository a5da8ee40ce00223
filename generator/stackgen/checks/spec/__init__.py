"""The family `spec`: what is wrong with `stack.yaml` itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stackgen.checks.context import SpecContext
from stackgen.checks.spec import (
    ambiguous,
    shape,
    spec_control_plane_cidr,
    spec_credential,
    spec_delivery_repository,
    spec_derived_flag,
    spec_duplicate_name,
    spec_gateway_class,
    spec_gpu_count,
    spec_invalid_value,
    spec_listener,
    spec_missing_key,
    spec_model_config,
    spec_model_needs_accelerator,
    spec_node_pool_shape,
    spec_node_range,
    spec_not_in_catalog,
    spec_patch_target,
    spec_pool_zone,
    spec_reservation_purchase,
    spec_secrets_engine,
    spec_unknown_key,
    spec_unknown_reference,
    spec_wrong_type,
    suppression_expired,
    suppression_unused,
    suppression_without_reason,
    yaml_alias,
    yaml_ambiguous_scalar,
    yaml_duplicate_key,
    yaml_limits,
    yaml_syntax,
    yaml_tag,
)
from stackgen.findings.model import Finding, Place, Rule

_CROSS = (
    spec_unknown_reference,
    spec_not_in_catalog,
    spec_duplicate_name,
    spec_gateway_class,
    spec_listener,
    spec_node_pool_shape,
    spec_gpu_count,
    spec_node_range,
    spec_pool_zone,
    spec_reservation_purchase,
    spec_secrets_engine,
    spec_model_needs_accelerator,
    spec_model_config,
    spec_derived_flag,
    spec_control_plane_cidr,
    spec_delivery_repository,
    spec_patch_target,
    spec_credential,
)

YAML_RULES: dict[str, Rule] = {
    module.RULE.id: module.RULE
    for module in (
        yaml_syntax,
        yaml_duplicate_key,
        yaml_ambiguous_scalar,
        yaml_alias,
        yaml_tag,
        yaml_limits,
    )
}

RULES: tuple[Rule, ...] = (
    *YAML_RULES.values(),
    spec_unknown_key.RULE,
    spec_wrong_type.RULE,
    spec_missing_key.RULE,
    spec_invalid_value.RULE,
    *(module.RULE for module in _CROSS),
    suppression_without_reason.RULE,
    suppression_expired.RULE,
    suppression_unused.RULE,
)

# These read texts, whether they are YAML or not.
OF_TEXTS = ("yaml-syntax", spec_credential.RULE.id)


def check_yaml(context: SpecContext) -> Iterable[Finding]:
    """What the YAML of the spec does wrong, as its loader saw it."""
    for source, problem in context.loaded.problems:
        places = [Place(file=source.name, text=source.text, mark=problem.mark)]
        if problem.other is not None:
            other = Place(file=source.name, text=source.text, mark=problem.other, note=problem.note)
            places.append(other)
        fix = ambiguous.fix(context.loaded, source, problem)
        yield YAML_RULES[problem.rule].finding(problem.message, *places, fix=fix)


CHECKS: tuple[tuple[str, Callable[[SpecContext], Iterable[Finding]]], ...] = (
    ("yaml-syntax", check_yaml),
    ("spec-unknown-key", shape.check),
    *((module.RULE.id, module.check) for module in _CROSS),
)
