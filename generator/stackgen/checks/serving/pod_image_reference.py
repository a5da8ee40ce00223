"""An image that no container runtime can pull, because the text is no image reference."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.schema.placeholder import asked
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.escape import visible
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.findings.model import Finding, Severity
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each image that is written out; templates are left to what fills them in."""
    for pod in pod_specs(context):
        for path, image in pod.images():
            try:
                image_reference(image)
            except ImageReferenceError as error:
                later = asked(image)
                if later:
                    yield RULE.finding(
                        f"{visible(later)} in image {visible(repr(image))} has to be replaced",
                        pod.place(*path),
                        severity=Severity.INFO if later == image else Severity.WARNING,
                    )
                    continue
                yield RULE.finding(
                    f"image {visible(repr(image))} is not a valid image reference: {error}",
                    pod.place(*path),
                )
