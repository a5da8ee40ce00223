"""Where containers mount volumes and block devices."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import syntax
from stackgen.schema.native.report import Report, show

_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")


def check_mounts(
    container: dict[str, Any], volumes: dict[str, dict[str, Any]], path: Path, report: Report
) -> None:
    """`volumeMounts`; `volumes` are the pod's, by name."""
    devices = container.get("volumeDevices") or ()
    device_names = {d.get("name", "") for d in devices}
    device_paths = {d.get("devicePath", "") for d in devices}
    points: set[str] = set()
    for i, mount in enumerate(container.get("volumeMounts") or ()):
        where = (*path, "volumeMounts", i)
        name, point = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            report.required((*where, "name"))
        elif name not in volumes:
            report.wrong((*where, "name"), _no_volume(name, volumes))
        if not point:
            report.required((*where, "mountPath"))
        elif point in points:
            report.duplicate((*where, "mountPath"), point, "mount path")
        points.add(point)
        if name in device_names:
            report.wrong((*where, "name"), f"{show(name)} is already used as a block device")
        if point in device_paths:
            report.wrong((*where, "mountPath"), f"{show(point)} is already a device path")
        _check_sub_path(mount, where, report)
        _check_propagation(mount, container, where, report)


def _no_volume(name: str, volumes: dict[str, Any]) -> str:
    if not volumes:
        return f"{show(name)} is not a volume: the pod has none"
    return f"{show(name)} is not a volume of the pod: it has {', '.join(sorted(volumes))}"


def _check_sub_path(mount: dict[str, Any], path: Path, report: Report) -> None:
    for field in ("subPath", "subPathExpr"):
        value = mount.get(field, "")
        if value and syntax.relative_path(value):
            report.syntax((*path, field), value, syntax.relative_path(value))
    if mount.get("subPath") and mount.get("subPathExpr"):
        report.wrong((*path, "subPathExpr"), "subPath and subPathExpr exclude each other")


def _check_propagation(
    mount: dict[str, Any], container: dict[str, Any], path: Path, report: Report
) -> None:
    propagation = mount.get("mountPropagation")
    if propagation is not None and propagation not in _PROPAGATIONS:
        report.enum((*path, "mountPropagation"), propagation, _PROPAGATIONS)
    privileged = (container.get("securityContext") or {}).get("privileged", False)
    if propagation == "Bidirectional" and not privileged:
        report.wrong((*path, "mountPropagation"), "Bidirectional needs a privileged container")
    recursive = mount.get("recursiveReadOnly")
    where = (*path, "recursiveReadOnly")
    if recursive is not None and recursive not in _RECURSIVE:
        report.enum(where, recursive, _RECURSIVE)
    if recursive in ("Enabled", "IfPossible"):
        if not mount.get("readOnly"):
            report.wrong(where, f"{recursive} needs readOnly: true")
        if propagation not in (None, "None"):
            report.wrong(where, f"{recursive} excludes mountPropagation {propagation}")


def check_devices(
    container: dict[str, Any], volumes: dict[str, dict[str, Any]], path: Path, report: Report
) -> None:
    mounts = container.get("volumeMounts") or ()
    mounted = {m.get("name", "") for m in mounts}
    points = {m.get("mountPath", "") for m in mounts}
    names: set[str] = set()
    paths: set[str] = set()
    for i, device in enumerate(container.get("volumeDevices") or ()):
        where = (*path, "volumeDevices", i)
        name, point = device.get("name", ""), device.get("devicePath", "")
        if not name:
            report.required((*where, "name"))
        elif name not in volumes:
            report.wrong((*where, "name"), _no_volume(name, volumes))
        elif not volumes[name].keys() & {"persistentVolumeClaim", "ephemeral"}:
            message = "a block device comes from persistentVolumeClaim or ephemeral volumes only"
            report.wrong((*where, "name"), message)
        if name in names:
            report.duplicate((*where, "name"), name, "device")
        if not point:
            report.required((*where, "devicePath"))
        elif point in paths:
            report.duplicate((*where, "devicePath"), point, "device path")
        elif syntax.no_backsteps(point):
            report.syntax((*where, "devicePath"), point, syntax.no_backsteps(point))
        if name in mounted or point in points:
            report.wrong(where, "is mounted as a file system as well")
        names.add(name)
        paths.add(point)
