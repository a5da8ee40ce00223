"""A request for TPU chips without the same limit."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.quantity import number
from stackgen.facts.workloads import GPU, TPU
from stackgen.findings.model import Place, Violations, violation

# What the API server itself refuses is said by the family `schema`.
CHECKED = ("", "apps", "batch")


def check(context: Context) -> Violations:
    """One finding for each container whose Pods will be refused later."""
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
                yield violation(
                    f"the request of {name} is {request} and {said}",
                    Place(workload.resource, (*base, "requests", name)),
                )
