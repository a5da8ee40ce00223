"""A variable that contradicts the slice."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.hardware import environment
from stackgen.findings.model import Place, Violations, violation

ONE_HOST = ("1,1,1", "1,1")
PER_HOST = ("TPU_CHIPS_PER_HOST_BOUNDS", "CHIPS_PER_HOST_BOUNDS")  # the same for each host


def check(context: Context) -> Violations:
    """One finding for each variable with a value that is not the slice's."""
    seen = view(context)
    for workload in seen.tpu:
        target = seen.target(workload)
        if target.generation is None or target.shape is None:
            continue
        right = environment(target.generation, target.topology, target.shape)
        for container in workload.tpu_containers:
            # A Pod that is not part of a group may run on one host of the slice on purpose.
            alone = not workload.grouped and container.variable("TPU_HOST_BOUNDS") in ONE_HOST
            for name, wanted in right.items():
                value = container.variable(name)
                if value is None or _same(value, wanted) or (alone and name not in PER_HOST):
                    continue
                yield violation(
                    f"{name} is {value!r}; {target.generation.key} {target.topology} on "
                    f"{target.shape.machine} has {wanted!r}",
                    Place(container.resource, (*container.env[name], "value")),
                )


def _same(value: str, wanted: str) -> bool:
    return value.replace(" ", "").lower() == wanted
