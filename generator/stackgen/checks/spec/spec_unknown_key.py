"""A key that the spec does not know."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="spec-unknown-key",
    family="spec",
    severity=Severity.ERROR,
    summary="A key that the spec does not know.",
    impact="It would have no effect, so stackgen refuses it.",
    remedy="Use the key that is meant, or remove it; `stackgen explain spec` lists the keys.",
    source="schemas/stack.schema.json",
    bad="replica: 2",
    good="replicas: 2",
    fixable=True,
)
