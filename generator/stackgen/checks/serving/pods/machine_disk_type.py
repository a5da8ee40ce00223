"""A disk that the machine of a Pod cannot attach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.facts.volumes import disk_of, is_disk
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.shipped import shipped

_TYPE, _FAMILY = "node.kubernetes.io/instance-type", "cloud.google.com/machine-family"
_ACCELERATOR = "cloud.google.com/gke-accelerator"


def check(context: Context) -> Violations:
    """One finding for each claim of a Pod whose machines take Hyperdisk only."""
    for pod in pod_specs(context):
        machine = _machine(pod)
        for path, claim in _claims(context, pod) if machine else ():
            disk, certain = _disk(context, text(claim.get("storageClassName")))
            if disk.startswith("pd-"):
                yield violation(
                    f"StorageClass {claim['storageClassName']} makes disks of type {disk}, and "
                    f"{machine} attaches only Hyperdisk",
                    pod.place(*path),
                    severity=None if certain else Severity.WARNING,
                )


def _machine(pod: PodSpec) -> str:
    """The series or accelerator that the node selector names, if it has no Persistent Disk."""
    chosen = as_dict(pod.spec.get("nodeSelector"))
    series = text(chosen.get(_TYPE)).partition("-")[0] or text(chosen.get(_FAMILY))
    if series in _facts()["series"]:
        return f"machine series {series}"
    gpu = text(chosen.get(_ACCELERATOR))
    return gpu if gpu in _facts()["accelerators"] else ""


def _claims(context: Context, pod: PodSpec) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The claims of the Pod that the input describes; path: in the Pod spec."""
    for i, volume in maps(pod.spec.get("volumes")):
        name = text(at(volume, "persistentVolumeClaim", "claimName"))
        for claim in context.bundle.named("PersistentVolumeClaim", pod.namespace, name, group=""):
            if not claim.get("spec", "volumeName"):
                yield (
                    ("volumes", i, "persistentVolumeClaim", "claimName"),
                    as_dict(claim.get("spec")),
                )
        own = at(volume, "ephemeral", "volumeClaimTemplate", "spec")
        yield ("volumes", i), as_dict(own)


def _disk(context: Context, name: str) -> tuple[str, bool]:
    """The type of the disks of a class, and whether the input has the class."""
    for one in context.bundle.of_kind("StorageClass", "storage.k8s.io"):
        if one.name == name:
            kind = (
                text(one.get("parameters", "type")) if is_disk(text(one.get("provisioner"))) else ""
            )
            return kind, True
    return disk_of(name), False


@cache
def _facts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "machine_disk_type.yaml")
    return found
