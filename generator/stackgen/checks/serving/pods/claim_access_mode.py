"""A claim with an access mode that its disk does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_list, at, maps, text
from stackgen.facts.volumes import disk_of, is_disk
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """Claims, and templates of claims, of a class whose driver is known."""
    read_only = context.once(_read_only)
    for resource in context.bundle.objects:
        for path, spec in _claims(resource):
            yield from _violations(context, resource, path, spec)
        for template in pod_templates(resource) if read_only else ():
            for i, volume in maps(template.spec.get("volumes")):
                claim = at(volume, "persistentVolumeClaim")
                name = text(at(claim, "claimName"))
                if (resource.namespace, name) in read_only and at(claim, "readOnly") is not True:
                    yield violation(
                        f"claim {name} is a disk with ReadOnlyMany, and the volume of the Pod does "
                        "not set readOnly",
                        Place(resource, (*template.spec_path, "volumes", i)),
                        severity=Severity.WARNING,
                        impact="The first node attaches the disk for writing. A Pod on another "
                        "node stays in ContainerCreating (FailedAttachVolume).",
                        remedy="Set `persistentVolumeClaim.readOnly: true` and `readOnly: true` of "
                        "the mount.",
                    )


def _read_only(context: Context) -> set[tuple[str, str]]:
    """The claims of which each is a disk that exists, for reading by several nodes."""
    disks = {
        volume.name
        for volume in context.bundle.of_kind("PersistentVolume", "")
        if is_disk(text(volume.get("spec", "csi", "driver")))
        and volume.get("spec", "csi", "readOnly") is not True
    }
    return {
        (claim.namespace, claim.name)
        for claim in context.bundle.of_kind("PersistentVolumeClaim", "")
        if claim.get("spec", "accessModes") == ["ReadOnlyMany"]
        and text(claim.get("spec", "volumeName")) in disks
    }


def _claims(resource: Resource) -> Iterator[tuple[Path, Any]]:
    if resource.kind == "PersistentVolumeClaim" and resource.group == "":
        yield ("spec",), resource.get("spec")
    if resource.kind == "StatefulSet":
        for i, one in maps(resource.get("spec", "volumeClaimTemplates")):
            yield ("spec", "volumeClaimTemplates", i, "spec"), one.get("spec")
    for template in pod_templates(resource):
        for i, volume in maps(template.spec.get("volumes")):
            inner = ("ephemeral", "volumeClaimTemplate", "spec")
            yield (*template.spec_path, "volumes", i, *inner), at(volume, *inner)


def _violations(context: Context, resource: Resource, path: Path, spec: Any) -> Violations:
    modes, name = as_list(at(spec, "accessModes")), text(at(spec, "storageClassName"))
    # A volume that exists, and block devices, have rules of their own.
    if not name or text(at(spec, "volumeName")) or at(spec, "volumeMode") == "Block":
        return
    place = Place(resource, (*path, "accessModes"))
    own = next((c for c in _classes(context) if c.name == name), None)
    driver = text(own.get("provisioner")) if own is not None else ""
    disk = text(own.get("parameters", "type")) if own is not None else disk_of(name)
    if not (is_disk(driver) if own is not None else disk):
        return
    if any(
        one.get("spec", "storageClassName") == name
        and set(map(text, modes)) <= set(map(text, as_list(one.get("spec", "accessModes"))))
        for one in context.bundle.of_kind("PersistentVolume", "")
    ):
        return  # the claim binds to this volume, and no disk is made for it
    what = f"{disk or 'a disk'} of StorageClass {name}"
    if "ReadWriteMany" in modes:
        yield violation(
            f"{what} does not support ReadWriteMany; only one node can attach it for writing",
            place,
            *([Place(own, ("provisioner",))] if own is not None else []),
        )
    elif modes == ["ReadOnlyMany"] and not at(spec, "dataSource") and not at(spec, "dataSourceRef"):
        yield violation(
            f"{what} is new and empty, and no Pod can write to it with ReadOnlyMany",
            place,
            severity=None if disk != "hyperdisk-ml" else Severity.WARNING,
        )


def _classes(context: Context) -> list[Resource]:
    return context.once(_all_classes)


def _all_classes(context: Context) -> list[Resource]:
    return list(context.bundle.of_kind("StorageClass", "storage.k8s.io"))
