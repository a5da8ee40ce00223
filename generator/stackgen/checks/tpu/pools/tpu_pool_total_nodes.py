"""A node pool of a slice with several hosts that limits nodes in total, not by zone."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each autoscaled pool of such a slice."""
    for pool in view(context).tpu_pools:
        if pool.shape is None or pool.shape.hosts == 1:
            continue
        path = ("spec", "autoscaling")
        total = pool.resource.get(*path, "totalMaxNodeCount")
        if total is not None and pool.resource.get(*path, "maxNodeCount") is None:
            yield RULE.finding(
                f"totalMaxNodeCount is {total} and maxNodeCount is not set; a slice of "
                f"{pool.shape.hosts} hosts needs maxNodeCount",
                Place(pool.resource, (*path, "totalMaxNodeCount")),
            )
