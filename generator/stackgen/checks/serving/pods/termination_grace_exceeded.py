"""A container that gets less time to end than it is told to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.escape import visible
from stackgen.facts import command_line
from stackgen.facts.lifecycle import DEFAULT_GRACE, pre_stop_seconds
from stackgen.facts.shape import maps, number, text
from stackgen.findings.model import Violations, violation

_DRAIN = "shutdown-timeout"


def check(context: Context) -> Violations:
    """One finding for each container whose times are known."""
    for pod in merged_pod_specs(context):
        given = pod.spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE)
        grace = number(given)
        for path, container in pod.containers() if grace is not None else ():
            sleeps, drains = pre_stop_seconds(container), _drain(container)
            # A hook that ends with the period leaves the process two seconds.
            if not sleeps + drains or sleeps + drains < (grace or 0) or grace is None:
                continue
            if sleeps + drains == grace and drains:
                continue
            parts = [f"sleeps {sleeps} s in preStop"] if sleeps else []
            parts += [f"finishes its requests in {drains} s (--{_DRAIN})"] if drains else []
            field = "terminationGracePeriodSeconds"
            place = pod.place(field) if field in pod.spec else pod.place(*path)
            yield violation(
                f"container {visible(text(container.get('name')))} {' and '.join(parts)}; the "
                f"grace period of the Pod is {grace} s",
                place,
            )


def _drain(container: Mapping[str, Any]) -> int:
    """The seconds that vLLM gives running requests."""
    environment = {
        text(one.get("name")): text(one.get("value")) for _, one in maps(container.get("env"))
    }
    line = command_line.read(container.get("command"), container.get("args"), environment, ())
    return (line.number(_DRAIN) or 0) if _DRAIN in line.flags else 0
