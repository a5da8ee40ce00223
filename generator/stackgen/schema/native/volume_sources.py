"""Volume sources of storage systems, most of them older than CSI: required fields and ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import syntax
from stackgen.schema.native.report import Report, one_of

Check = Callable[[dict[str, Any], Path, Report], None]


def _needs(*fields: str) -> Check:
    """A source of which these fields cannot be empty."""

    def check(source: dict[str, Any], path: Path, report: Report) -> None:
        for field in fields:
            if not source.get(field):
                report.required((*path, field))

    return check


def _check_partition(source: dict[str, Any], path: Path, report: Report) -> None:
    if not 0 <= source.get("partition", 0) <= 255:
        report.range((*path, "partition"), source["partition"], "between 0 and 255")


def _check_aws(source: dict[str, Any], path: Path, report: Report) -> None:
    _needs("volumeID")(source, path, report)
    _check_partition(source, path, report)


def _check_gce(source: dict[str, Any], path: Path, report: Report) -> None:
    _needs("pdName")(source, path, report)
    _check_partition(source, path, report)


def _check_git(source: dict[str, Any], path: Path, report: Report) -> None:
    _needs("repository")(source, path, report)
    folder = source.get("directory", "")
    if folder and syntax.relative_path(folder):
        report.syntax((*path, "directory"), folder, syntax.relative_path(folder))


def _check_nfs(source: dict[str, Any], path: Path, report: Report) -> None:
    _needs("server", "path")(source, path, report)
    if source.get("path") and not source["path"].startswith("/"):
        report.syntax((*path, "path"), source["path"], "must be an absolute path")


def _check_iscsi(source: dict[str, Any], path: Path, report: Report) -> None:
    _needs("targetPortal", "iqn")(source, path, report)
    iqn = source.get("iqn", "")
    if iqn and not iqn.startswith(("iqn.", "eui.", "naa.")):
        report.syntax((*path, "iqn"), iqn, "must begin with iqn., eui. or naa.")
    if not 0 <= source.get("lun", 0) <= 255:
        report.range((*path, "lun"), source["lun"], "between 0 and 255")
    chap = source.get("chapAuthDiscovery") or source.get("chapAuthSession")
    if chap and "secretRef" not in source:
        report.required((*path, "secretRef"), "CHAP authentication needs it")
    if "secretRef" in source and not source["secretRef"].get("name"):
        report.required((*path, "secretRef", "name"))


def _check_flocker(source: dict[str, Any], path: Path, report: Report) -> None:
    name, uuid = source.get("datasetName"), source.get("datasetUUID")
    if bool(name) == bool(uuid):
        report.wrong(path, "exactly one of datasetName and datasetUUID is needed")
    elif name and "/" in name:
        report.syntax((*path, "datasetName"), name, "must not contain '/'")


def _check_cinder(source: dict[str, Any], path: Path, report: Report) -> None:
    _needs("volumeID")(source, path, report)
    if "secretRef" in source and not source["secretRef"].get("name"):
        report.required((*path, "secretRef", "name"))


def _check_fc(source: dict[str, Any], path: Path, report: Report) -> None:
    names, ids = source.get("targetWWNs"), source.get("wwids")
    if not names and not ids:
        report.required((*path, "targetWWNs"), "one of targetWWNs and wwids")
    elif names and ids:
        report.wrong((*path, "wwids"), "targetWWNs and wwids exclude each other")
    elif names:
        if "lun" not in source:
            report.required((*path, "lun"), "targetWWNs need it")
        elif not 0 <= source["lun"] <= 255:
            report.range((*path, "lun"), source["lun"], "between 0 and 255")


def _check_azure_disk(source: dict[str, Any], path: Path, report: Report) -> None:
    _needs("diskName", "diskURI")(source, path, report)
    caching = ("None", "ReadOnly", "ReadWrite")
    if source.get("cachingMode", "ReadWrite") not in caching:
        report.enum((*path, "cachingMode"), source["cachingMode"], caching)
    kinds = ("Dedicated", "Managed", "Shared")
    kind, uri = source.get("kind", "Shared"), source.get("diskURI", "")
    if kind not in kinds:
        report.enum((*path, "kind"), kind, kinds)
    if uri and kind == "Managed" and not uri.startswith("/subscriptions"):
        report.syntax((*path, "diskURI"), uri, "must begin with /subscriptions for kind Managed")
    if uri and kind != "Managed" and uri.startswith("/subscriptions"):
        report.syntax((*path, "diskURI"), uri, "must be a blob address unless kind is Managed")


def _check_quobyte(source: dict[str, Any], path: Path, report: Report) -> None:
    registry = source.get("registry", "")
    if not registry:
        report.required((*path, "registry"))
    elif len(registry) >= 64 or any(part.count(":") != 1 for part in registry.split(",")):
        report.syntax((*path, "registry"), registry, "must be host:port pairs, below 64 characters")
    if not source.get("volume"):
        report.required((*path, "volume"))
    elif len(source["volume"]) >= 64:
        report.length((*path, "volume"), "must be shorter than 64 characters")
    if len(source.get("tenant", "")) > 64:
        report.length((*path, "tenant"), "must be at most 64 characters")


def _check_scale_io(source: dict[str, Any], path: Path, report: Report) -> None:
    _needs("gateway", "system", "volumeName")(source, path, report)


def _check_storage_os(source: dict[str, Any], path: Path, report: Report) -> None:
    for field in ("volumeName", "volumeNamespace"):
        value = source.get(field, "")
        if value and syntax.dns_label(value):
            report.name((*path, field), value, syntax.dns_label(value))
    if not source.get("volumeName"):
        report.required((*path, "volumeName"))
    if "secretRef" in source and not source["secretRef"].get("name"):
        report.required((*path, "secretRef", "name"))


def check_local(source: dict[str, Any], path: Path, report: Report) -> None:
    """A disk of the node itself (persistent volumes only)."""
    value = source.get("path", "")
    if not value:
        report.required((*path, "path"))
    elif syntax.no_backsteps(value):
        report.syntax((*path, "path"), value, syntax.no_backsteps(value))


PLAIN_SOURCES: dict[str, Check] = {
    "awsElasticBlockStore": _check_aws,
    "azureDisk": _check_azure_disk,
    "azureFile": _needs("secretName", "shareName"),
    "cephfs": _needs("monitors"),
    "cinder": _check_cinder,
    "fc": _check_fc,
    "flexVolume": _needs("driver"),
    "flocker": _check_flocker,
    "gcePersistentDisk": _check_gce,
    "gitRepo": _check_git,
    "glusterfs": _needs("endpoints", "path"),
    "iscsi": _check_iscsi,
    "nfs": _check_nfs,
    "photonPersistentDisk": _needs("pdID"),
    "portworxVolume": _needs("volumeID"),
    "quobyte": _check_quobyte,
    "rbd": _needs("monitors", "image"),
    "scaleIO": _check_scale_io,
    "storageos": _check_storage_os,
    "vsphereVolume": _needs("volumePath"),
}


def check_one_source(
    owner: dict[str, Any], checks: dict[str, Check], path: Path, report: Report
) -> None:
    """Exactly one of the sources in `checks`."""
    given = [field for field in owner if field in checks]
    if not given:
        report.required(path, f"one of {one_of(sorted(checks))}")
    for field in given[1:]:
        report.wrong((*path, field), f"one source is allowed; {given[0]} is set already")
    for field in given[:1]:
        checks[field](owner[field], (*path, field), report)
