"""Rules about what GitOps tools do with the manifests. None yet that the other families lack."""

from stackgen.findings.model import Check, Rule

RULES: tuple[Rule, ...] = ()
CHECKS: tuple[tuple[str, Check], ...] = ()
