"""Volumes of a pod: named once, exactly one source each."""

from __future__ import annotations

from typing import Any

from stackgen.facts.quantity import parse
from stackgen.schema import syntax
from stackgen.schema.native import claims, labels
from stackgen.schema.native.env import VOLUME_FIELDS, check_field, check_resource_field
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show
from stackgen.schema.native.volume_sources import PLAIN_SOURCES, Check, check_host_path, needs

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MAX_TOKEN_SECONDS = 1 << 32


def check_volumes(spec: Fields, bare: bool) -> dict[str, dict[str, Any]]:
    """Check `volumes`; give them by name, also those with a problem, which is reported here.

    bare: of a Pod, not of a template.
    """
    found: dict[str, dict[str, Any]] = {}
    for volume in spec.items("volumes"):
        name = volume.get("name", "")
        if volume.needs_name("name", syntax.dns_label) and name in found:
            volume.report.duplicate(volume.at("name"), name, "volume name")
        _check_source(volume, bare)
        if name:
            found.setdefault(name, volume.data)
    return found


def _check_source(volume: Fields, bare: bool) -> None:
    sources = [field for field in volume.data if field != "name"]
    for field in sources[1:]:
        message = f"a volume has one source; {sources[0]} is set already"
        volume.report.wrong(volume.at(field), message, key=True)
    for field in sources[:1]:
        source = volume.inner(field)
        if field == "image":
            if bare:
                source.needs("reference")
            source.enum("pullPolicy", _PULL_POLICIES, empty=True)
        else:
            (_SOURCES.get(field) or PLAIN_SOURCES[field])(source)


def _check_empty_dir(source: Fields) -> None:
    limit = source.get("sizeLimit")
    if limit is not None and parse(limit) < 0:
        source.report.quantity(source.at("sizeLimit"), f"{show(limit)} is negative")


def _check_files(source: Fields, name: str) -> None:
    """Keys of the object in the field `name`, as files."""
    source.needs(name)
    _check_mode(source, "defaultMode")
    for item in source.items("items"):
        item.needs("key")
        check_target(item)
        _check_mode(item, "mode")


def _check_config_map(source: Fields) -> None:
    _check_files(source, "name")


def _check_secret(source: Fields) -> None:
    _check_files(source, "secretName")


def _check_mode(owner: Fields, field: str) -> None:
    owner.between(field, 0, 0o777, "between 0 and 0777 (octal; 511 in decimal)")


def check_target(item: Fields) -> None:
    """The path of a file inside a volume."""
    fine = item.needs_syntax("path", syntax.relative_path)
    if fine and item.get("path").startswith(".."):
        item.report.syntax(item.at("path"), item.get("path"), "must not begin with '..'")


def _check_downward(source: Fields) -> None:
    _check_mode(source, "defaultMode")
    for item in source.items("items"):
        check_target(item)
        _check_mode(item, "mode")
        if "fieldRef" in item:
            check_field(item.inner("fieldRef"), VOLUME_FIELDS)
            if "resourceFieldRef" in item:
                message = "fieldRef and resourceFieldRef exclude each other"
                item.report.wrong(item.path, message)
        elif "resourceFieldRef" in item:
            check_resource_field(item.inner("resourceFieldRef"), in_volume=True)
        else:
            item.is_set("fieldRef", "one of fieldRef and resourceFieldRef")


def _check_ephemeral(source: Fields) -> None:
    if not source.is_set("volumeClaimTemplate"):
        return
    template = source.inner("volumeClaimTemplate")
    meta = template.inner("metadata")
    for field in meta.data:
        if field not in ("labels", "annotations"):
            meta.wrong(field, "only labels and annotations are allowed")
    labels.check_template_meta(meta)
    claims.check_spec(template.inner("spec"))


def _check_csi(source: Fields) -> None:
    claims.check_driver_name(source.get("driver", ""), source.at("driver"), source.report)
    if "nodePublishSecretRef" in source:
        source.inner("nodePublishSecretRef").needs("name")


# -- projected volumes -----------------------------------------------------------------------------


def _check_projected(source: Fields) -> None:
    _check_mode(source, "defaultMode")
    targets: set[str] = set()
    for projection in source.items("sources"):
        given = [field for field in _PROJECTIONS if field in projection]
        for field in given[1:]:
            projection.wrong(field, f"a source is one thing; {given[0]} is set already")
        for field in given[:1]:
            inner = projection.inner(field)
            _PROJECTIONS[field](inner)
            for item in inner.items("items"):
                item.unique("path", targets, "file of the volume")


def _check_token(inner: Fields) -> None:
    allowed = f"between 600 (10 minutes) and {_MAX_TOKEN_SECONDS}"
    inner.between("expirationSeconds", 600, _MAX_TOKEN_SECONDS, allowed)
    check_target(inner)


# clusterTrustBundle and podCertificate are missing: servers drop them unless a gate is set.
_PROJECTIONS: dict[str, Check] = {
    "secret": _check_config_map,
    "configMap": _check_config_map,
    "downwardAPI": _check_downward,
    "serviceAccountToken": _check_token,
}
_SOURCES: dict[str, Check] = {
    "hostPath": check_host_path,
    "emptyDir": _check_empty_dir,
    "persistentVolumeClaim": needs("claimName"),
    "configMap": _check_config_map,
    "secret": _check_secret,
    "downwardAPI": _check_downward,
    "projected": _check_projected,
    "csi": _check_csi,
    "ephemeral": _check_ephemeral,
}
