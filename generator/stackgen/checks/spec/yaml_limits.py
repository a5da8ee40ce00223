"""The file is nested too deeply or its aliases expand too far."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="yaml-limits",
    family="spec",
    severity=Severity.ERROR,
    summary="The file is nested too deeply or its aliases expand too far.",
    impact="Such files exhaust memory in the tools that read them.",
    remedy="Write the values out.",
    source="stackgen limits: 200 levels, 50,000 aliased values",
    bad="a: [[[[ ... ]]]]",
    good="a: []",
)
