"""Where containers mount volumes and block devices."""

from __future__ import annotations

from typing import Any

from stackgen.schema import syntax
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show

_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")


def check_mounts(container: Fields, volumes: dict[str, dict[str, Any]]) -> None:
    """`volumeMounts`; `volumes` are the Pod's, by name."""
    devices = container.get("volumeDevices") or ()
    device_names = {d.get("name", "") for d in devices}
    device_paths = {d.get("devicePath", "") for d in devices}
    points: set[str] = set()
    for mount in container.items("volumeMounts"):
        name, point = mount.get("name", ""), mount.get("mountPath", "")
        _check_volume(mount, volumes)
        mount.needs("mountPath")
        mount.unique("mountPath", points, "mount path")
        if name in device_names:
            mount.wrong("name", f"{show(name)} is already used as a block device")
        if point in device_paths:
            mount.wrong("mountPath", f"{show(point)} is already a device path")
        mount.syntax("subPath", syntax.relative_path, empty=True)
        mount.syntax("subPathExpr", syntax.relative_path, empty=True)
        if mount.get("subPath") and mount.get("subPathExpr"):
            mount.wrong("subPathExpr", "subPath and subPathExpr exclude each other")
        _check_propagation(mount, container)


def _check_volume(mount: Fields, volumes: dict[str, dict[str, Any]]) -> bool:
    """Whether the Pod has the volume that is mounted."""
    name = mount.get("name", "")
    if not mount.needs("name"):
        return False
    if name not in volumes:
        known = f" of the pod: it has {', '.join(sorted(volumes))}" if volumes else ""
        mount.wrong("name", f"{show(name)} is not a volume{known or ': the pod has none'}")
    return name in volumes


def _check_propagation(mount: Fields, container: Fields) -> None:
    propagation = mount.get("mountPropagation")
    mount.enum("mountPropagation", _PROPAGATIONS)
    privileged = container.inner("securityContext").get("privileged", False)
    if propagation == "Bidirectional" and not privileged:
        mount.wrong("mountPropagation", "Bidirectional needs a privileged container")
    recursive = mount.get("recursiveReadOnly")
    mount.enum("recursiveReadOnly", _RECURSIVE)
    if recursive in ("Enabled", "IfPossible"):
        if not mount.get("readOnly"):
            mount.wrong("recursiveReadOnly", f"{recursive} needs readOnly: true")
        if propagation not in (None, "None"):
            message = f"{recursive} excludes mountPropagation {propagation}"
            mount.wrong("recursiveReadOnly", message)


def check_devices(container: Fields, volumes: dict[str, dict[str, Any]]) -> None:
    mounts = container.get("volumeMounts") or ()
    mounted = {m.get("name", "") for m in mounts}
    points = {m.get("mountPath", "") for m in mounts}
    names: set[str] = set()
    paths: set[str] = set()
    for device in container.items("volumeDevices"):
        name, point = device.get("name", ""), device.get("devicePath", "")
        known = _check_volume(device, volumes)
        if known and not volumes[name].keys() & {"persistentVolumeClaim", "ephemeral"}:
            message = "a block device comes from persistentVolumeClaim or ephemeral volumes only"
            device.wrong("name", message)
        device.unique("name", names, "device")
        device.needs("devicePath")
        if point not in paths:
            device.syntax("devicePath", syntax.no_backsteps)
        device.unique("devicePath", paths, "device path")
        if name in mounted or point in points:
            device.report.wrong(device.path, "is mounted as a file system as well")
