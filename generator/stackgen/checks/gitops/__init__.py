"""The family `gitops`: whether what GitOps applies is what the spec says."""

from stackgen.checks.gitops import gitops_stale_output
from stackgen.findings.model import Check, Rule

RULES: tuple[Rule, ...] = (gitops_stale_output.RULE,)
# `build --check` compares; there is nothing to look for in a bundle yet.
CHECKS: tuple[tuple[str, Check], ...] = ()
