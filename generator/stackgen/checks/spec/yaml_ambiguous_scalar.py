"""A plain value that YAML readers understand differently."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="yaml-ambiguous-scalar",
    family="spec",
    severity=Severity.ERROR,
    summary="A plain value that YAML readers understand differently.",
    impact="kubectl, kustomize and editors would each read another value.",
    remedy="Quote it for text, or write true, false or a decimal number.",
    source="YAML 1.1 and 1.2 type resolution; measured on kubectl and kustomize",
    bad="servedName: 1_000",
    good='servedName: "1_000"',
    fixable=True,
)
