"""A value of the wrong type."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="spec-wrong-type",
    family="spec",
    severity=Severity.ERROR,
    summary="A value of the wrong type.",
    impact="It cannot be rendered.",
    remedy="Write a value of the type that the message names.",
    source="schemas/stack.schema.json",
    bad='replicas: "2"',
    good="replicas: 2",
    fixable=True,
)
