"""A request for TPU chips without the same limit."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.quantity import number
from stackgen.facts.workloads import GPU, TPU
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


# What the API server itself refuses is said by the family `schema`.
CHECKED = ("", "apps", "batch")


def check(context: Context) -> Iterator[Finding]:
    """One finding for each container whose pods will be refused later."""
    for workload in view(context).workloads:
        if workload.resource.group in CHECKED or not workload.whole:
            continue
        for container in workload.containers:
            for name in (TPU, GPU):
                base = (*container.path, "resources")
                request = workload.resource.get(*base, "requests", name)
                limit = workload.resource.get(*base, "limits", name)
                if request is None or (limit is not None and number(request) == number(limit)):
                    continue
                if number(request) is None or (limit is not None and number(limit) is None):
                    continue
                said = "has no limit" if limit is None else f"the limit is {limit}"
                yield RULE.finding(
                    f"the request of {name} is {request} and {said}",
                    Place(workload.resource, (*base, "requests", name)),
                )
