"""Pods with Cloud Storage FUSE volumes: the annotation for the sidecar, and the account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.mesh import injected
from stackgen.checks.serving.view import services
from stackgen.facts.pod_templates import PodTemplate, pod_templates
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource

DRIVER = "gcsfuse.csi.storage.gke.io"
ANNOTATION = "gke-gcsfuse/volumes"
_METADATA = "169.254.169.254"


def check(context: Context) -> Violations:
    """One finding for each Pod template that mounts such a volume, or a claim bound to one."""
    for resource, template, i in fuse_pods(context):
        if not _annotated(at(template.data, "metadata", "annotations")):
            name = template.spec["volumes"][i].get("name")
            yield violation(
                f"volume {name} is one of {DRIVER}, and the Pod template has no annotation "
                f"{ANNOTATION}",
                Place(resource, (*template.spec_path, "volumes", i)),
            )
        elif injected(context, resource.namespace, template):
            notes = as_dict(at(template.data, "metadata", "annotations"))
            late = "holdApplicationUntilProxyStarts" not in text(notes.get("proxy.istio.io/config"))
            ranges = text(notes.get("traffic.sidecar.istio.io/excludeOutboundIPRanges"))
            if late or _METADATA not in ranges:
                yield violation(
                    f"the sidecars of Istio and of {DRIVER} are in one Pod, without "
                    f"holdApplicationUntilProxyStarts and the exclusion of {_METADATA}",
                    Place(resource, (*template.spec_path, "volumes", i)),
                    severity=Severity.WARNING,
                    impact="The FUSE sidecar cannot get a token before the proxy has started: the "
                    "volume is not mounted, or its first reads fail.",
                    remedy="Set the annotations `proxy.istio.io/config: "
                    "'{\"holdApplicationUntilProxyStarts\": true}'` and "
                    f"`traffic.sidecar.istio.io/excludeOutboundIPRanges: {_METADATA}/32`.",
                )
    claims = context.once(_claims)
    for service in services(context):
        uri = text(at(service.spec, "model", "uri"))
        claim = uri.removeprefix("pvc://").partition("/")[0] if uri.startswith("pvc://") else ""
        if (service.namespace, claim) in claims and not _annotated(service.spec.get("annotations")):
            yield violation(
                f"the model is on claim {claim}, whose volume is one of {DRIVER}, and "
                f"spec.annotations has no {ANNOTATION}",
                Place(service.resource, ("spec", "model", "uri")),
            )


def fuse_pods(context: Context) -> Iterator[tuple[Resource, PodTemplate, int]]:
    """Pod templates with such a volume, and the index of the first one."""
    claims = context.once(_claims)
    for resource in context.bundle.objects:
        for template in pod_templates(resource):
            for i, volume in maps(template.spec.get("volumes")):
                if _is_fuse(volume, resource.namespace, claims):
                    yield resource, template, i
                    break


def _annotated(annotations: Any) -> bool:
    return str(as_dict(annotations).get(ANNOTATION, "")).lower() == "true"


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
