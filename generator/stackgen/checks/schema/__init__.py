"""The family `schema`: what a real API server would refuse."""

from stackgen.checks.schema import schema_yaml
from stackgen.findings.model import Check, Rule

RULES: tuple[Rule, ...] = (schema_yaml.RULE,)
CHECKS: tuple[tuple[str, Check], ...] = ()
