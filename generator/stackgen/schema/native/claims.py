"""Persistent volume claims, alone and as templates inside other kinds."""

from __future__ import annotations

from typing import Any

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.schema.native import labels, syntax
from stackgen.schema.native.report import Report, show

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")


def check_driver_name(name: str, path: Path, report: Report) -> None:
    """The name of a CSI driver."""
    if not name:
        report.required(path)
    elif len(name) > 63:
        report.length(path, f"{show(name)} is longer than 63 characters")
    elif syntax.dns_subdomain(name.lower()):
        report.name(path, name, syntax.dns_subdomain(name.lower()))


def check_access_modes(modes: list[str], path: Path, report: Report) -> None:
    if not modes:
        report.required(path, "at least one access mode")
    for i, mode in enumerate(modes):
        report.enum((*path, i), mode, ACCESS_MODES)
    if "ReadWriteOncePod" in modes and len(set(modes)) > 1:
        report.wrong(path, "ReadWriteOncePod excludes the other access modes")


def check_template_meta(meta: dict[str, Any], path: Path, report: Report) -> None:
    """Labels and annotations of a template."""
    if meta.get("labels"):
        labels.check_labels(meta["labels"], (*path, "labels"), report)
    if meta.get("annotations"):
        labels.check_annotations(meta["annotations"], (*path, "annotations"), report)


def check_spec(spec: dict[str, Any], path: Path, report: Report) -> None:
    """The spec of a claim."""
    check_access_modes(spec.get("accessModes") or [], (*path, "accessModes"), report)
    if "selector" in spec:
        labels.check_selector(spec["selector"], (*path, "selector"), report)
    _check_storage(spec.get("resources") or {}, (*path, "resources"), report)
    for field in ("storageClassName", "volumeAttributesClassName"):
        name = spec.get(field)
        if name and syntax.dns_subdomain(name):
            report.name((*path, field), name, syntax.dns_subdomain(name))
    mode = spec.get("volumeMode")
    if mode is not None and mode not in VOLUME_MODES:
        report.enum((*path, "volumeMode"), mode, VOLUME_MODES)
    _check_data_source(spec, path, report)


_READ_SOURCES = (("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))


def without_ignored_source(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec of a claim without the source of data that the server drops when it creates it."""
    spec = dict(spec)
    old, new = spec.get("dataSource"), spec.get("dataSourceRef")
    if new is not None and new.get("namespace"):
        spec.pop("dataSourceRef")
    if (
        new is None
        and old is not None
        and (old.get("apiGroup") or "", old.get("kind")) not in _READ_SOURCES
    ):
        spec.pop("dataSource")
    return spec


def _check_storage(resources: dict[str, Any], path: Path, report: Report) -> None:
    size = (resources.get("requests") or {}).get("storage")
    where = (*path, "requests", "storage")
    if size is None:
        report.required(where)
    elif parse(size) <= 0:
        report.quantity(where, f"{show(size)} is not more than zero")


def _check_data_source(spec: dict[str, Any], path: Path, report: Report) -> None:
    for field in ("dataSource", "dataSourceRef"):
        source = spec.get(field)
        if source is None:
            continue
        where = (*path, field)
        for name in ("kind", "name"):
            if not source.get(name):
                report.required((*where, name))
        group = source.get("apiGroup") or ""
        if not group and source.get("kind") not in (None, "", "PersistentVolumeClaim"):
            report.wrong((*where, "kind"), "without apiGroup it must be PersistentVolumeClaim")
        if group and syntax.dns_subdomain(group):
            report.name((*where, "apiGroup"), group, syntax.dns_subdomain(group))
    old, new = spec.get("dataSource"), spec.get("dataSourceRef")
    if old is not None and new is not None and old != new:
        report.wrong((*path, "dataSourceRef"), "must be the same as dataSource")
