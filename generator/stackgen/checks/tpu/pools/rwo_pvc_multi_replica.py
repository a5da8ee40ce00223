"""One disk for several nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.volumes import claims
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each claim that several TPU pods mount."""
    seen = view(context)
    for workload in seen.tpu:
        replicas, size = workload.replicas.value, workload.size.value
        if replicas is None or size is None or replicas * size < 2:
            continue
        for claim in claims(workload, seen.context.bundle):
            modes: Any = claim.data.get("accessModes")
            if modes in (["ReadWriteOnce"], ["ReadWriteOncePod"]) and not claim.per_pod:
                yield RULE.finding(
                    f"{replicas * size} pods of {workload.display_name}, each on its own node, "
                    f"mount {claim.name}, which is {modes[0]}",
                    claim.place(),
                    Place(claim.resource, ("spec", "accessModes"), note="one node only"),
                )
