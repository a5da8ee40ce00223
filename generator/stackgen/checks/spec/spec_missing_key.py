"""A key that must be there is missing."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="spec-missing-key",
    family="spec",
    severity=Severity.ERROR,
    summary="A key that must be there is missing.",
    impact="Nothing: without it there is nothing to render.",
    remedy="Add the key.",
    source="schemas/stack.schema.json",
    bad="nodes: {max: 3}",
    good="nodes: {min: 0, max: 3}",
)
