"""A roll-out declared failed while the server still starts."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.lifecycle import startup_budget
from stackgen.facts.quantity import whole
from stackgen.findings.model import Place, Violations, violation

DEFAULT = 600


def check(context: Context) -> Violations:
    """One finding for each Deployment whose own startupProbe allows more."""
    for workload in view(context).tpu_servers:
        server, resource = workload.server, workload.resource
        if resource.kind != "Deployment" or server is None or not server.probe("startupProbe"):
            continue
        allowed = startup_budget(server)
        deadline = whole(resource.get("spec", "progressDeadlineSeconds"))
        if resource.get("spec", "progressDeadlineSeconds") is None:
            deadline = DEFAULT
        if allowed is None or deadline is None or deadline >= allowed.seconds:
            continue
        yield violation(
            f"{workload.display_name} is reported as failed after {deadline} s; its server can "
            "take "
            f"{allowed.seconds} s to start ({allowed.sum})",
            Place(resource, ("spec", "progressDeadlineSeconds")),
            allowed.place,
        )
