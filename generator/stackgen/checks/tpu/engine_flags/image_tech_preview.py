"""An image without production support."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.images import image_row
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import Container
from stackgen.findings.model import Violations, violation
from stackgen.origin import Origin


def check(context: Context) -> Violations:
    """One finding for each container with such an image that was chosen by hand."""
    seen = view(context)
    for workload in seen.workloads:
        for container in workload.containers:
            row = image_row(seen.catalog, container.image)
            if row is None or row.data.get("support") != "technology-preview":
                continue
            if _by_release(container):
                continue
            yield violation(
                f"{container.image.rpartition('/')[2]} is a technology preview",
                container.place("image"),
            )


def _by_release(container: Container) -> bool:
    """The release row chose the image: a stack of that release has no other."""
    origin = container.resource.origin((*container.path, "image"))
    return origin is not None and not any(leaf.kind == "spec" for leaf in _own(origin))


def _own(origin: Origin) -> Iterator[Origin]:
    for leaf in origin.leaves():
        if leaf.path and leaf.path[-1] == "image":
            yield leaf
