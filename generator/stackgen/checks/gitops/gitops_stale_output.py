"""A file in `out/` that is not what the spec renders."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="gitops-stale-output",
    family="gitops",
    severity=Severity.ERROR,
    summary="A file in `out/` is not what the spec renders.",
    impact="GitOps would apply something else than the spec says.",
    remedy="Run `stackgen build` and commit the result; do not edit `out/`.",
    source="stackgen build --check",
    bad="stack.yaml changed, out/ not built again",
    good="stack.yaml and out/ changed in one commit",
)
