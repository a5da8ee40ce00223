"""Volumes of a pod: named once, exactly one source each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.schema.native import claims, syntax
from stackgen.schema.native.env import VOLUME_FIELDS, check_field, check_resource_field
from stackgen.schema.native.report import Report, show
from stackgen.schema.native.volume_sources import PLAIN_SOURCES

_HOST_PATH_TYPES = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate",
    "Socket",
)  # fmt: skip
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MAX_TOKEN_SECONDS = 1 << 32


def check_volumes(
    volumes: list[dict[str, Any]], bare: bool, path: Path, report: Report
) -> dict[str, dict[str, Any]]:
    """Check `volumes`; give them by name, also those with a problem, which is reported here.

    bare: of a Pod, not of a template.
    """
    found: dict[str, dict[str, Any]] = {}
    for i, volume in enumerate(volumes):
        where = (*path, i)
        name = volume.get("name", "")
        if not name:
            report.required((*where, "name"))
        elif syntax.dns_label(name):
            report.name((*where, "name"), name, syntax.dns_label(name))
        elif name in found:
            report.duplicate((*where, "name"), name, "volume name")
        _check_source(volume, bare, where, report)
        if name:
            found.setdefault(name, volume)
    return found


def _check_source(volume: dict[str, Any], bare: bool, path: Path, report: Report) -> None:
    sources = [field for field in volume if field != "name"]
    for field in sources[1:]:
        message = f"a volume has one source; {sources[0]} is set already"
        report.wrong((*path, field), message, key=True)
    for field in sources[:1]:
        check = _SOURCES.get(field)
        if check is not None:
            check(volume[field], (*path, field), report)
        elif field == "image":
            _check_image(volume[field], bare, (*path, field), report)
        else:
            PLAIN_SOURCES[field](volume[field], (*path, field), report)


def _check_image(source: dict[str, Any], bare: bool, path: Path, report: Report) -> None:
    if bare and not source.get("reference"):
        report.required((*path, "reference"))
    policy = source.get("pullPolicy")
    if policy and policy not in _PULL_POLICIES:
        report.enum((*path, "pullPolicy"), policy, _PULL_POLICIES)


def _check_host_path(source: dict[str, Any], path: Path, report: Report) -> None:
    value = source.get("path", "")
    if not value:
        report.required((*path, "path"))
    elif syntax.no_backsteps(value):
        report.syntax((*path, "path"), value, syntax.no_backsteps(value))
    report.enum((*path, "type"), source.get("type", ""), _HOST_PATH_TYPES)


def _check_empty_dir(source: dict[str, Any], path: Path, report: Report) -> None:
    limit = source.get("sizeLimit")
    if limit is not None and parse(limit) < 0:
        report.quantity((*path, "sizeLimit"), f"{show(limit)} is negative")


def _check_claim(source: dict[str, Any], path: Path, report: Report) -> None:
    if not source.get("claimName"):
        report.required((*path, "claimName"))


def _check_config_map(source: dict[str, Any], path: Path, report: Report) -> None:
    if not source.get("name"):
        report.required((*path, "name"))
    _check_mode(source, "defaultMode", path, report)
    _check_items(source.get("items") or (), (*path, "items"), report)


def _check_secret(source: dict[str, Any], path: Path, report: Report) -> None:
    if not source.get("secretName"):
        report.required((*path, "secretName"))
    _check_mode(source, "defaultMode", path, report)
    _check_items(source.get("items") or (), (*path, "items"), report)


def _check_mode(owner: dict[str, Any], field: str, path: Path, report: Report) -> None:
    mode = owner.get(field)
    if mode is not None and not 0 <= mode <= 0o777:
        report.range((*path, field), mode, "between 0 and 0777 (octal; 511 in decimal)")


def _check_items(items: Any, path: Path, report: Report) -> None:
    for i, item in enumerate(items):
        where = (*path, i)
        if not item.get("key"):
            report.required((*where, "key"))
        check_target(item.get("path", ""), (*where, "path"), report)
        _check_mode(item, "mode", where, report)


def check_target(target: str, path: Path, report: Report) -> None:
    """The path of a file inside a volume."""
    if not target:
        report.required(path)
    elif syntax.relative_path(target):
        report.syntax(path, target, syntax.relative_path(target))
    elif target.startswith(".."):
        report.syntax(path, target, "must not begin with '..'")


def _check_downward(source: dict[str, Any], path: Path, report: Report) -> None:
    _check_mode(source, "defaultMode", path, report)
    for i, item in enumerate(source.get("items") or ()):
        where = (*path, "items", i)
        check_target(item.get("path", ""), (*where, "path"), report)
        _check_mode(item, "mode", where, report)
        if "fieldRef" in item:
            check_field(item["fieldRef"], VOLUME_FIELDS, (*where, "fieldRef"), report)
            if "resourceFieldRef" in item:
                report.wrong(where, "fieldRef and resourceFieldRef exclude each other")
        elif "resourceFieldRef" in item:
            inner = item["resourceFieldRef"]
            check_resource_field(inner, True, (*where, "resourceFieldRef"), report)
        else:
            report.required((*where, "fieldRef"), "one of fieldRef and resourceFieldRef")


def _check_ephemeral(source: dict[str, Any], path: Path, report: Report) -> None:
    template = source.get("volumeClaimTemplate")
    if template is None:
        report.required((*path, "volumeClaimTemplate"))
        return
    where = (*path, "volumeClaimTemplate")
    meta = template.get("metadata") or {}
    for field in meta:
        if field not in ("labels", "annotations"):
            report.wrong((*where, "metadata", field), "only labels and annotations are allowed")
    claims.check_template_meta(meta, (*where, "metadata"), report)
    claims.check_spec(template.get("spec") or {}, (*where, "spec"), report)


def _check_csi(source: dict[str, Any], path: Path, report: Report) -> None:
    claims.check_driver_name(source.get("driver", ""), (*path, "driver"), report)
    ref = source.get("nodePublishSecretRef")
    if ref is not None and not ref.get("name"):
        report.required((*path, "nodePublishSecretRef", "name"))


# -- projected volumes -----------------------------------------------------------------------------


def _check_projected(source: dict[str, Any], path: Path, report: Report) -> None:
    _check_mode(source, "defaultMode", path, report)
    targets: set[str] = set()
    for i, projection in enumerate(source.get("sources") or ()):
        where = (*path, "sources", i)
        given = [field for field in _PROJECTIONS if field in projection]
        for field in given[1:]:
            report.wrong((*where, field), f"a source is one thing; {given[0]} is set already")
        for field in given[:1]:
            _PROJECTIONS[field](projection[field], (*where, field), report)
            _check_targets(projection[field], targets, (*where, field), report)


def _check_targets(inner: dict[str, Any], targets: set[str], path: Path, report: Report) -> None:
    """No two items may write the same file."""
    for i, item in enumerate(inner.get("items") or ()):
        target = item.get("path", "")
        if target and target in targets:
            report.duplicate((*path, "items", i, "path"), target, "file of the volume")
        targets.add(target)


def _check_projected_config(inner: dict[str, Any], path: Path, report: Report) -> None:
    if not inner.get("name"):
        report.required((*path, "name"))
    _check_items(inner.get("items") or (), (*path, "items"), report)


def _check_token(inner: dict[str, Any], path: Path, report: Report) -> None:
    seconds = inner.get("expirationSeconds", 3600)
    if not 600 <= seconds <= _MAX_TOKEN_SECONDS:
        allowed = f"between 600 (10 minutes) and {_MAX_TOKEN_SECONDS}"
        report.range((*path, "expirationSeconds"), seconds, allowed)
    check_target(inner.get("path", ""), (*path, "path"), report)


Check = Callable[[dict[str, Any], Path, Report], None]
# clusterTrustBundle and podCertificate are missing: servers drop them unless a gate is set.
_PROJECTIONS: dict[str, Check] = {
    "secret": _check_projected_config,
    "configMap": _check_projected_config,
    "downwardAPI": _check_downward,
    "serviceAccountToken": _check_token,
}
_SOURCES: dict[str, Check] = {
    "hostPath": _check_host_path,
    "emptyDir": _check_empty_dir,
    "persistentVolumeClaim": _check_claim,
    "configMap": _check_config_map,
    "secret": _check_secret,
    "downwardAPI": _check_downward,
    "projected": _check_projected,
    "csi": _check_csi,
    "ephemeral": _check_ephemeral,
}
