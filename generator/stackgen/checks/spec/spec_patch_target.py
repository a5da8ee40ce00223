"""A patch for an object that is not rendered."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="spec-patch-target",
    family="spec",
    severity=Severity.ERROR,
    summary="A patch names an object that this stack does not render.",
    impact="The change would silently have no effect.",
    remedy="Name a rendered object by kind and name (and namespace, where two have the name).",
    source="stackgen spec format",
    bad="target: {kind: Gateway, name: gateway}",
    good="target: {kind: Gateway, name: inference-gateway}",
)
