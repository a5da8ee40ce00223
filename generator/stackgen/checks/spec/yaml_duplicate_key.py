"""A key stands twice in one mapping."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="yaml-duplicate-key",
    family="spec",
    severity=Severity.ERROR,
    summary="A key stands twice in one mapping.",
    impact="YAML readers keep one of the two without a word; which one differs.",
    remedy="Keep one of them.",
    source="YAML 1.2, section 3.2.1.1",
    bad="nodes: {min: 0, min: 1, max: 3}",
    good="nodes: {min: 0, max: 3}",
)
