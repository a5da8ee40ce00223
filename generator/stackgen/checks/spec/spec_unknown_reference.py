"""A name that nothing in the spec has."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import did_you_mean, pools
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each model whose pool does not exist."""
    known = list(pools(context))
    for path, model in context.items("serving", "models"):
        wanted = model.get("nodePool")
        if isinstance(wanted, str) and wanted not in known:
            yield RULE.finding(
                f"{model.get('name', 'a model')} runs on node pool {wanted!r}, which does not "
                f"exist{did_you_mean(wanted, known)}",
                context.place(*path, "nodePool"),
            )
