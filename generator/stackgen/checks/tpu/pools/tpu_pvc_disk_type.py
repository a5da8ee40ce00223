"""A volume that cannot be attached to the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.facts.shape import plain
from stackgen.facts.volumes import attached, disk_of
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.wording import or_list


def check(context: Context) -> Violations:
    """One finding for each volume whose claim and class are known."""
    seen = view(context)
    for workload in seen.tpu:
        shape = seen.target(workload).shape
        machine = seen.catalog.machine(shape.machine) if shape else None
        for claim in attached(workload, seen.context.bundle) if machine else ():
            found = _disk(claim.data, seen)
            allowed = machine.data.get("attach_disks", ()) if machine else ()
            if machine is None or found is None or found[0] in allowed or not allowed:
                continue
            disk, class_name, resource = found
            places = [claim.place(note="mounted here")]
            if resource is not None:
                places.insert(0, Place(resource, ("parameters", "type")))
            yield violation(
                f"{machine.key} does not support {disk} (StorageClass {class_name}); it supports "
                f"{or_list(allowed)}",
                *places,
                severity=None if resource is not None else Severity.WARNING,
            )


def _disk(claim: Mapping[str, Any], seen: View) -> tuple[str, str, Resource | None] | None:
    name = claim.get("storageClassName")
    if not isinstance(name, str) or not plain(name):
        return None
    for resource in seen.context.bundle.of_kind("StorageClass", "storage.k8s.io"):
        if resource.name == name:
            disk = resource.get("parameters", "type")
            pd = resource.get("provisioner") == "pd.csi.storage.gke.io"
            return (disk, name, resource) if pd and isinstance(disk, str) else None
    built_in = disk_of(name)
    return (built_in, name, None) if built_in.startswith("pd-") else None
