"""The file is not YAML."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="yaml-syntax",
    family="spec",
    severity=Severity.ERROR,
    summary="The file is not YAML.",
    impact="Nothing can be rendered from it; the last good `out/` stays.",
    remedy="Mend the line; editors show the same place.",
    source="YAML 1.2",
    bad="metadata: {name: a",
    good="metadata: {name: a}",
)
