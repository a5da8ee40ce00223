"""The family `schema`: what a real API server would refuse, no more and no less."""

from __future__ import annotations

from stackgen.checks.schema import (
    judge,
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
    schema_yaml,
)
from stackgen.findings.model import Check, Rule

RULES: tuple[Rule, ...] = (
    schema_yaml.RULE,
    schema_unknown_kind.RULE,
    schema_unknown_field.RULE,
    schema_wrong_type.RULE,
    schema_missing_field.RULE,
    schema_enum.RULE,
    schema_range.RULE,
    schema_length.RULE,
    schema_pattern.RULE,
    schema_format.RULE,
    schema_quantity.RULE,
    schema_duplicate_item.RULE,
    schema_name.RULE,
    schema_label.RULE,
    schema_annotation.RULE,
    schema_null.RULE,
    schema_cross_field.RULE,
    schema_native.RULE,
    schema_immutable.RULE,
    schema_not_evaluated.RULE,
    schema_placeholder.RULE,
)
# One pass over a document finds what every rule says about it.
CHECKS: tuple[tuple[str, Check], ...] = (("schema", judge.check),)
