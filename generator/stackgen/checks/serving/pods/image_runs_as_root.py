"""A Pod that must not run as root, with an image that does."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.facts.openshift import on_openshift
from stackgen.facts.shape import at, plain, text
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.document import Path


def check(context: Context) -> Violations:
    """One finding for each container without a user of its own. OpenShift gives Pods a user."""
    if on_openshift(context.bundle):
        return
    for pod in merged_pod_specs(context):
        for path, container in pod.containers():
            image = text(container.get("image"))
            required, where = _setting(pod.spec, path, container, "runAsNonRoot")
            user, _ = _setting(pod.spec, path, container, "runAsUser")
            if required is not True or user is not None or not image or not plain(image):
                continue
            try:
                found = image_reference(image)
            except ImageReferenceError:
                continue
            row = context.catalog.image(found.name)
            if row is not None and row.data.get("user") == "root" and "nonroot" not in image:
                yield violation(
                    f"{image} runs as root, but runAsNonRoot is true and runAsUser is not set",
                    pod.place(*where),
                    # OpenShift gives Pods a user.
                    severity=Severity.WARNING
                    if pod.resource.get(*pod.path, *where) is None
                    else None,
                )


def _setting(spec: object, path: Path, container: object, name: str) -> tuple[object, Path]:
    """The setting of the container, else of the Pod, and where it is."""
    own = at(container, "securityContext", name)
    if own is not None:
        return own, (*path, "securityContext", name)
    return at(spec, "securityContext", name), ("securityContext", name)
