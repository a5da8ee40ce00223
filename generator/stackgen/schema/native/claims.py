"""Persistent volume claims, alone and as templates inside other kinds."""

from __future__ import annotations

from typing import Any

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native import labels
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import Report, show

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")


def check_driver_name(name: str, path: Path, report: Report) -> None:
    """The name of a CSI driver."""
    if not name:
        report.required(path)
    elif len(name) > 63:
        report.length(path, f"{show(name)} is longer than 63 characters")
    else:
        report.name(path, name, syntax.dns_subdomain(name.lower()))


def check_access_modes(spec: Fields) -> None:
    modes = spec.get("accessModes") or []
    spec.needs("accessModes", "at least one access mode")
    for mode, where in spec.values("accessModes"):
        spec.report.enum(where, mode, ACCESS_MODES)
    if "ReadWriteOncePod" in modes and len(set(modes)) > 1:
        spec.wrong("accessModes", "ReadWriteOncePod excludes the other access modes")


def check_spec(spec: Fields) -> None:
    """The spec of a claim."""
    check_access_modes(spec)
    labels.check_selector(spec.inner("selector"))
    requests = spec.inner("resources", "requests")
    if requests.is_set("storage") and parse(requests.get("storage")) <= 0:
        message = f"{show(requests.get('storage'))} is not more than zero"
        spec.report.quantity(requests.at("storage"), message)
    for field in ("storageClassName", "volumeAttributesClassName"):
        spec.name(field, syntax.dns_subdomain, empty=True)
    spec.enum("volumeMode", VOLUME_MODES)
    for field in ("dataSource", "dataSourceRef"):
        if field in spec:
            _check_data_source(spec.inner(field))
    old, new = spec.get("dataSource"), spec.get("dataSourceRef")
    if old is not None and new is not None and old != new:
        spec.wrong("dataSourceRef", "must be the same as dataSource")


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


def _check_data_source(source: Fields) -> None:
    source.needs_all("kind", "name")
    if not source.get("apiGroup") and source.get("kind", "") not in ("", "PersistentVolumeClaim"):
        source.wrong("kind", "without apiGroup it must be PersistentVolumeClaim")
    source.name("apiGroup", syntax.dns_subdomain, empty=True)
