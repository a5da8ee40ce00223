"""A variable that sends the framework to a device that the container does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.images import image_row
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

# The variable, the values of it that use the chips, and the backend that reads it.
VARIABLES = (
    ("PJRT_DEVICE", ("tpu",), "torch_xla"),
    ("JAX_PLATFORMS", ("", "tpu", "proxy"), "jax"),
)


def check(context: Context) -> Violations:
    """One finding for each variable with such a value, unless nothing in the image reads it."""
    seen = view(context)
    for workload in seen.tpu:
        for container in workload.tpu_containers:
            row = image_row(seen.catalog, container.image)
            backend = row.data.get("backend") if row is not None else None
            for name, right, reader in VARIABLES:
                value = container.variable(name)
                if value is None or (backend is not None and backend != reader):
                    continue
                if any(part.strip().lower() in right for part in value.split(",")):
                    continue
                yield violation(
                    f"{name} is {value!r}; the container requests TPU chips",
                    Place(container.resource, (*container.env[name], "value")),
                )
