"""A variable that contradicts the slice."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.hardware import environment
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


ONE_HOST = ("1,1,1", "1,1")  # a host of a slice that runs by itself, on purpose


def check(context: Context) -> Iterator[Finding]:
    """One finding for each variable with a value that is not the slice's."""
    seen = view(context)
    for workload in seen.tpu:
        target = seen.target(workload)
        if target.generation is None or target.shape is None:
            continue
        right = environment(target.generation, target.topology, target.shape)
        for container in workload.tpu_containers:
            alone = container.variable("TPU_HOST_BOUNDS") in ONE_HOST
            for name, wanted in right.items():
                value = container.variable(name)
                if value is None or _same(value, wanted) or (alone and target.shape.hosts > 1):
                    continue
                yield RULE.finding(
                    f"{name} is {value!r}; {target.generation.key} {target.topology} on "
                    f"{target.shape.machine} has {wanted!r}",
                    Place(container.resource, (*container.env[name], "value")),
                )


def _same(value: str, wanted: str) -> bool:
    return value.replace(" ", "").lower() == wanted
