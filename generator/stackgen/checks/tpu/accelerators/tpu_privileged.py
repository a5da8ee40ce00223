"""A container that is privileged to use TPUs."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.facts.workloads import TPU
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each container that requests chips."""
    for pod in merged_pod_specs(context):
        for i, container in maps(pod.spec.get("containers")):
            limits = as_dict(at(container, "resources", "limits"))
            if at(container, "securityContext", "privileged") is True and TPU in limits:
                yield violation(
                    f"container {visible(text(container.get('name')))} is privileged to use TPUs",
                    pod.place("containers", i, "securityContext", "privileged"),
                )
