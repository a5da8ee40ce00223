"""A file cache of Cloud Storage FUSE that is larger than what its sidecar may store."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.access.gcsfuse_annotation import DRIVER, fuse_pods
from stackgen.escape import visible
from stackgen.facts.quantity import GIB, gib, number, whole
from stackgen.facts.shape import as_dict, as_list, at, maps, named, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_LIMIT = "gke-gcsfuse/ephemeral-storage-limit"
_CACHE = "gke-gcsfuse-cache"  # the volume that takes the place of the storage of the sidecar
_USUAL = 5 * GIB
_SIZE = regex(r"(?:^|,)\s*file-cache:max-size-mb:(-?\d{1,9})\s*(?:,|\Z)")


def check(context: Context) -> Violations:
    """One finding for each Pod template with a cache of a known size."""
    for resource, template, _ in fuse_pods(context):
        notes = as_dict(at(template.data, "metadata", "annotations"))
        given = notes.get(_LIMIT)
        limit = _USUAL if given is None else number(given)
        if named(template.spec.get("volumes"), _CACHE) or not limit or limit < 0:
            continue
        for i, volume in maps(template.spec.get("volumes")):
            path: Path = (*template.spec_path, "volumes", i)
            for where, size in _sizes(context, resource, path, volume):
                if size <= limit:
                    continue
                allowed = f"is {visible(str(given))}" if given is not None else "is not set: 5Gi"
                yield violation(
                    f"volume {visible(text(volume.get('name')))} has a file cache of {gib(size)}, "
                    f"and {_LIMIT} {allowed}",
                    where,
                )


def _sizes(
    context: Context, resource: Resource, path: Path, volume: dict[str, object]
) -> list[tuple[Place, float]]:
    """The size of the cache in bytes, and where it is said; negative for one without a limit."""
    found = []
    if at(volume, "csi", "driver") == DRIVER:
        inner: Path = ("csi", "volumeAttributes")
        options = text(at(volume, *inner, "mountOptions"))
        found += [(Place(resource, (*path, *inner, "mountOptions")), options)]
        capacity = number(at(volume, *inner, "fileCacheCapacity"))
        if capacity:
            return [(Place(resource, (*path, *inner, "fileCacheCapacity")), capacity)]
    name = text(at(volume, "persistentVolumeClaim", "claimName"))
    for claim in context.bundle.named("PersistentVolumeClaim", resource.namespace, name, group=""):
        volume_name = text(claim.get("spec", "volumeName"))
        for pv in context.bundle.named("PersistentVolume", "", volume_name, group=""):
            options = ",".join(map(str, as_list(pv.get("spec", "mountOptions"))))
            found += [(Place(pv, ("spec", "mountOptions")), options)]
            where: Path = ("spec", "csi", "volumeAttributes", "fileCacheCapacity")
            capacity = number(pv.get(*where))
            if capacity:
                return [(Place(pv, where), capacity)]
    sizes = [(place, _SIZE.search(options)) for place, options in found]
    return [(place, (whole(one[1]) or 0) * 2**20) for place, one in sizes if one is not None]
