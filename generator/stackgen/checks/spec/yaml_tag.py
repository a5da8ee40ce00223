"""The spec uses a YAML tag."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="yaml-tag",
    family="spec",
    severity=Severity.ERROR,
    summary="The spec uses a YAML tag.",
    impact="Tags are read differently by every YAML reader.",
    remedy="Drop the tag; quote the value if text is meant.",
    source="stackgen spec format",
    bad="project: !!str 12",
    good='project: "my-project"',
)
