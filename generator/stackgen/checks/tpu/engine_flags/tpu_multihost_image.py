"""An image whose backend does not serve over several hosts the way that is asked."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.tpu_multihost_backend import NAME
from stackgen.checks.tpu.engine_flags.images import image_row
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each such image of a group."""
    seen = view(context)
    said: set[tuple[int, str]] = set()
    for workload in seen.tpu:
        for container in workload.tpu_containers if workload.grouped else ():
            row = image_row(seen.catalog, container.image)
            if row is None or NAME not in container.env or row.data.get("backend") == "jax":
                continue
            if "backend" not in row.data:
                continue
            if (id(workload.resource), container.image) in said:
                continue
            said.add((id(workload.resource), container.image))
            yield violation(
                f"{container.image.rpartition('/')[2]} has the backend {row.data['backend']}, "
                f"which does not read {NAME}",
                container.place("image"),
                container.place("env", container.env[NAME][-1], note="set here"),
            )
