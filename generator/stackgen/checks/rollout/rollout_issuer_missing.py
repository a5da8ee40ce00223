"""A certificate whose issuer nothing of the rollout makes."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.rollout.view import simulated
from stackgen.findings.model import Place, Violations, violation
from stackgen.rollout.model import key_of

_KINDS = ("Issuer", "ClusterIssuer")


def check(context: Context) -> Violations:
    """One finding for each object that names such an issuer."""
    for found in simulated(context):
        for step in found.order.steps:
            held = found.order.behind(step.name)
            behind = f", and with it {', '.join(held)}" if held else ""
            for resource in step.applies:
                for need in found.order.needs.assumed(resource):
                    if need.target is not None and need.target.kind in _KINDS:
                        yield violation(
                            f"no step creates {need.target}, which {key_of(resource)} needs; "
                            f"without it the step {step.name} does not finish{behind}",
                            Place(resource, need.path),
                        )
