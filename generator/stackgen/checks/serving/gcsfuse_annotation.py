"""A Pod with a Cloud Storage FUSE volume, without the annotation for its sidecar."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Violations, violation

DRIVER = "gcsfuse.csi.storage.gke.io"
ANNOTATION = "gke-gcsfuse/volumes"


def check(context: Context) -> Violations:
    """One finding for each Pod template that mounts such a volume, or a claim bound to one."""
    claims = _claims(context)
    for resource in context.bundle.objects:
        for template in pod_templates(resource):
            annotations = as_dict(at(template.data, "metadata", "annotations"))
            if str(annotations.get(ANNOTATION, "")).lower() == "true":
                continue
            for i, volume in maps(template.spec.get("volumes")):
                if _is_fuse(volume, resource.namespace, claims):
                    yield violation(
                        f"volume {volume.get('name')} is one of {DRIVER}, and the Pod template "
                        f"has no annotation {ANNOTATION}",
                        Place(resource, (*template.spec_path, "volumes", i)),
                    )
                    break


def _claims(context: Context) -> set[tuple[str, str]]:
    """Namespace and name of the claims that name a volume of the driver."""
    volumes = {
        volume.name
        for volume in context.bundle.of_kind("PersistentVolume", "")
        if volume.get("spec", "csi", "driver") == DRIVER
    }
    return {
        (claim.namespace, claim.name)
        for claim in context.bundle.of_kind("PersistentVolumeClaim", "")
        if text(claim.get("spec", "volumeName")) in volumes
    }


def _is_fuse(volume: dict[str, Any], namespace: str, claims: set[tuple[str, str]]) -> bool:
    if at(volume, "csi", "driver") == DRIVER:
        return True
    return (namespace, text(at(volume, "persistentVolumeClaim", "claimName"))) in claims
