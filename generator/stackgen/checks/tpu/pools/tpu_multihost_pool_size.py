"""A multi-host pool that cannot hold one whole slice."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each bound that no slice has."""
    for pool in view(context).tpu_pools:
        if pool.shape is None or pool.shape.hosts == 1:
            continue
        hosts = pool.shape.hosts
        for which, allowed in (("max", (hosts,)), ("min", (0, hosts))):
            limit = pool.limit(which)
            if limit is None or limit[0] in allowed:
                continue
            words = "at most" if which == "max" else "at least"
            yield RULE.finding(
                f"node pool {pool.name} has {words} {counted(limit[0], 'node')}; a slice of "
                f"{pool.topology} has {hosts} hosts, all of them or none",
                pool.place(*limit[1]),
                pool.place("placementPolicy", "tpuTopology", note="the slice"),
            )
