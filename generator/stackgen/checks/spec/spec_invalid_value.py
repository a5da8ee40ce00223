"""A value outside of what is allowed."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="spec-invalid-value",
    family="spec",
    severity=Severity.ERROR,
    summary="A value outside of what is allowed.",
    impact="The cluster would refuse it, or ignore it.",
    remedy="Use a value that the message names.",
    source="schemas/stack.schema.json",
    bad="accelerator: v6",
    good="accelerator: v6e",
    fixable=True,
)
