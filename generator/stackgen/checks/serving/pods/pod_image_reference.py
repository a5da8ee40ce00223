"""An image that no container runtime can pull, because the text is no image reference."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.schema.placeholder import asked
from stackgen.checks.serving.podspecs import pod_specs, value_pods
from stackgen.escape import visible
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.findings.model import Severity, Violations, violation

_NATIVE = ("", "apps", "batch")


def check(context: Context) -> Violations:
    """One finding for each image that is written out; templates are left to what fills them in."""
    for pod in (*pod_specs(context), *value_pods(context)):
        for path, image in pod.images():
            # The API server takes one space, and a trigger of OpenShift sets the image. It rejects
            # space around an image, which `schema-format` reports.
            if not image.strip() or (image != image.strip() and pod.resource.group in _NATIVE):
                continue
            try:
                image_reference(image)
            except ImageReferenceError as error:
                later = asked(image)
                if later:
                    yield violation(
                        f"{visible(later)} in image {visible(repr(image))} must be replaced",
                        pod.place(*path),
                        severity=Severity.INFO if later == image else Severity.WARNING,
                    )
                    continue
                yield violation(
                    f"image {visible(repr(image))} is not a valid image reference: {error}",
                    pod.place(*path),
                )
