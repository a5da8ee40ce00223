"""The spec uses a YAML alias."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="yaml-alias",
    family="spec",
    severity=Severity.ERROR,
    summary="The spec uses a YAML alias.",
    impact="One line would stand for two values; provenance and fixes could not tell which.",
    remedy="Write the value out; overlays are for what differs.",
    source="stackgen spec format",
    bad="nodes: *nodes",
    good="nodes: {min: 0, max: 3}",
)
