"""A step that waits for a model server for less time than the server is given to start."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.rollout.view import simulated
from stackgen.checks.tpu.view import view
from stackgen.facts.lifecycle import startup_budget
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_GROUP = "kustomize.toolkit.fluxcd.io"
# A server rarely takes all of the time that its probe allows.
_TIMES = 3


def check(context: Context) -> Violations:
    """One finding for each Kustomization of Flux, for the server that may take longest."""
    if context.plan is not None:
        return
    budgets: dict[int, tuple[int, Resource, Place]] = {}
    for workload in view(context).servers:
        allowed = startup_budget(workload.server) if workload.server and workload.whole else None
        if allowed is not None:
            budgets[id(workload.resource)] = (allowed.seconds, workload.resource, allowed.place)
    for step in (s for found in simulated(context) for s in found.order.steps if budgets):
        if step.resource.group != _GROUP or step.resource.get("spec", "wait") is not True:
            continue
        if step.resource.get("spec", "retryInterval") is not None:
            continue  # it looks again soon, and the server starts meanwhile
        waited = [budgets[id(one)] for one in step.applies if id(one) in budgets]
        longest = max(waited, key=lambda one: one[0], default=None)
        if longest is not None and 0 < step.timeout * _TIMES <= longest[0]:
            seconds, server, place = longest
            given = step.resource.get("spec", "timeout") is not None
            yield violation(
                f"the step waits for {step.timeout} s, and {server.kind} {server.name} may take "
                f"{seconds} s to start",
                Place(step.resource, ("spec", "timeout" if given else "wait")),
                place,
            )
