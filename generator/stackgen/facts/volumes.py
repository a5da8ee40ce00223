"""The volumes of a workload: claims that the bundle describes, and where they are mounted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.facts.shape import as_dict, text
from stackgen.facts.workloads import Container, Workload
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.shipped import shipped
from stackgen.record import record


@cache
def _file() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "storage_classes.yaml")
    return found


def disk_of(name: str) -> str:
    """The type of the disks of a class that GKE makes; "" for other classes."""
    return str(_file()["classes"].get(name, ""))


def is_disk(provisioner: str) -> bool:
    """Whether a driver makes disks, which one node at a time may write."""
    return provisioner in _file()["disks"]


@record
class Claim:
    """A claim and what it asks for. per_pod: each Pod gets a volume of its own.

    data: its spec. resource: what describes it. mounted, path: what mounts it, and where.
    """

    name: str
    data: Mapping[str, Any]
    resource: Resource
    mounted: Resource
    path: Path
    per_pod: bool = False

    def place(self, note: str = "") -> Place:
        """Where the workload names it."""
        return Place(self.mounted, self.path, note=note)


def claims(workload: Workload, bundle: Bundle) -> Iterator[Claim]:
    """The claims of a workload whose spec is known."""
    resource = workload.resource
    for path, volume in volumes(workload):
        source = volume.get("persistentVolumeClaim")
        name = source.get("claimName") if isinstance(source, dict) else None
        found = bundle.named("PersistentVolumeClaim", resource.namespace, str(name), group="")
        for claim in found:
            spec = claim.get("spec")
            if isinstance(spec, dict):
                where = (*path, "persistentVolumeClaim", "claimName")
                yield Claim(claim.name, spec, claim, resource, where)
        spec = workload.resource.get(*path, "ephemeral", "volumeClaimTemplate", "spec")
        if isinstance(spec, dict):
            label = str(volume.get("name", ""))
            where = (*path, "ephemeral", "volumeClaimTemplate", "spec", "storageClassName")
            yield Claim(label, spec, resource, resource, where, per_pod=True)
    templates = resource.get("spec", "volumeClaimTemplates")
    for i in range(len(templates) if isinstance(templates, list) else 0):
        spec = resource.get("spec", "volumeClaimTemplates", i, "spec")
        if isinstance(spec, dict) and resource.kind == "StatefulSet":
            name = str(resource.get("spec", "volumeClaimTemplates", i, "metadata", "name") or "")
            where = ("spec", "volumeClaimTemplates", i, "spec", "storageClassName")
            yield Claim(name, spec, resource, resource, where, per_pod=True)


def attached(workload: Workload, bundle: Bundle) -> Iterator[Claim]:
    """The claims of the volumes, and of a model at pvc://, which a serving platform mounts."""
    yield from claims(workload, bundle)
    resource, path = workload.resource, workload.service.model if workload.service else ()
    uri = text(resource.get(*path)) if path else ""
    if uri.startswith("pvc://"):
        name = uri.removeprefix("pvc://").partition("/")[0]
        for found in bundle.named("PersistentVolumeClaim", resource.namespace, name, group=""):
            yield Claim(name, as_dict(found.get("spec")), found, resource, path)


def volumes(workload: Workload) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The volumes of the Pod, each with its path."""
    items = workload.spec.get("volumes")
    for i, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield (*workload.path, "volumes", i), item


def mount_of(container: Container, folder: str) -> tuple[Path, dict[str, Any]] | None:
    """The mount that a folder of the container lies on; the deepest one."""
    best: tuple[Path, dict[str, Any]] | None = None
    depth = -1
    items = container.data.get("volumeMounts")
    for i, item in enumerate(items if isinstance(items, list) else ()):
        where = item.get("mountPath") if isinstance(item, dict) else None
        if not isinstance(where, str):
            continue
        root = where.rstrip("/")
        if (folder == root or folder.startswith(root + "/")) and len(root) > depth:
            best, depth = ((*container.path, "volumeMounts", i), item), len(root)
    return best


def volume_named(workload: Workload, name: Any) -> dict[str, Any] | None:
    """The volume called `name`."""
    return next((v for _, v in volumes(workload) if v.get("name") == name), None)
