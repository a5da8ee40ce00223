"""A name that nothing in the spec has."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import did_you_mean, pools, servers
from stackgen.findings.model import Violations, violation
from stackgen.spelling import nearest


def check(context: SpecContext) -> Violations:
    """One finding for each model whose pool does not exist."""
    known = list(pools(context))
    for path, model in servers(context):
        wanted = model.get("nodePool")
        if isinstance(wanted, str) and wanted not in known:
            near = nearest(wanted, known)
            yield violation(
                f"{model.get('name', 'a model')} uses node pool {wanted!r}, which does not "
                f"exist{did_you_mean(wanted, known)}",
                context.place(*path, "nodePool"),
                remedy=f"Write `nodePool: {near}`, or add the node pool to "
                "`spec.cluster.nodePools`."
                if near
                else "",
            )
