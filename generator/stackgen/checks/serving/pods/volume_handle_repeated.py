"""Two PersistentVolumes of one Pod that the kubelet takes for one."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_HANDLE = ("spec", "csi", "volumeHandle")


def check(context: Context) -> Violations:
    """One finding for each pair of volumes."""
    volumes = context.once(_volumes)
    told: set[tuple[int, int]] = set()
    for pod in pod_specs(context) if volumes else ():
        first: dict[tuple[str, str], Resource] = {}
        for _, mounted in maps(pod.spec.get("volumes")):
            name = text(as_dict(mounted.get("persistentVolumeClaim")).get("claimName"))
            volume = volumes.get((pod.namespace, name))
            if volume is None:
                continue
            driver, handle = text(volume.get("spec", "csi", "driver")), text(volume.get(*_HANDLE))
            other = first.setdefault((driver, handle), volume)
            pair = (id(other), id(volume))
            if other is not volume and pair not in told:
                told.add(pair)
                yield violation(
                    f"PersistentVolumes {other.name} and {volume.name} have the volumeHandle "
                    f"{visible(handle)}, and {pod.resource.kind} {pod.resource.name} mounts both",
                    Place(volume, _HANDLE),
                    Place(other, _HANDLE, note="the other volume"),
                    pod.place("volumes", key=True),
                )


def _volumes(context: Context) -> dict[tuple[str, str], Resource]:
    """The volumes of drivers, by the namespace and name of their claim; none of several."""
    wanted: dict[tuple[str, str], list[Resource]] = {}
    by_name: dict[str, list[Resource]] = {}
    for volume in context.bundle.of_kind("PersistentVolume", ""):
        handle = text(volume.get(*_HANDLE))
        if handle and plain(handle):
            by_name.setdefault(volume.name, []).append(volume)
            claim = as_dict(volume.get("spec", "claimRef"))
            if claim.get("name"):
                key = (text(claim.get("namespace")), text(claim.get("name")))
                wanted.setdefault(key, []).append(volume)
    for one in context.bundle.of_kind("PersistentVolumeClaim", "") if by_name else ():
        for volume in by_name.get(text(one.get("spec", "volumeName")), ()):
            found = wanted.setdefault((one.namespace, one.name), [])
            if not any(other is volume for other in found):
                found.append(volume)
    return {key: found[0] for key, found in wanted.items() if len(found) == 1}
