"""Environment variables and where their values come from."""

from __future__ import annotations

import re
from typing import Any

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.schema.native import resources, syntax
from stackgen.schema.native.report import Report, one_of, show

_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
ENV_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
VOLUME_FIELDS = (
    "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace",
    "metadata.uid",
)  # fmt: skip
_SUBSCRIPT = re.compile(r"(.+)\['([^']*)'\]\Z", re.DOTALL)
_RESOURCES = tuple(f"{side}.{r}" for side in ("limits", "requests") for r in resources.COMPUTE)
_DIVISORS = {
    "cpu": ("1m", "1"),
    "": ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"),
}


def check_env(
    env: list[dict[str, Any]], volumes: dict[str, Any], path: Path, report: Report
) -> None:
    for i, variable in enumerate(env):
        where = (*path, i)
        name = variable.get("name", "")
        if not name:
            report.required((*where, "name"))
        elif syntax.env_name(name):
            report.name((*where, "name"), name, syntax.env_name(name))
        if "valueFrom" in variable:
            _check_value_from(variable, volumes, where, report)


def _check_value_from(
    variable: dict[str, Any], volumes: dict[str, Any], path: Path, report: Report
) -> None:
    source, where = variable["valueFrom"], (*path, "valueFrom")
    given = [field for field in _SOURCES if field in source]
    if not given:
        report.wrong(where, f"valueFrom needs one of {one_of(_SOURCES)}")
    elif len(given) > 1:
        report.wrong(where, f"valueFrom takes one source, not {' and '.join(given)}")
    elif variable.get("value"):
        report.wrong(where, "valueFrom and a value exclude each other")
    for field in given:
        inner, at = source[field], (*where, field)
        if field == "fieldRef":
            check_field(inner, ENV_FIELDS, at, report)
        elif field == "resourceFieldRef":
            check_resource_field(inner, False, at, report)
        elif field == "fileKeyRef":
            _check_file_key(inner, volumes, at, report)
        else:
            _check_key_ref(inner, at, report)


def _check_key_ref(ref: dict[str, Any], path: Path, report: Report) -> None:
    report.name((*path, "name"), ref.get("name", ""), syntax.dns_subdomain(ref.get("name", "")))
    key = ref.get("key", "")
    if not key:
        report.required((*path, "key"))
    elif syntax.config_key(key):
        report.syntax((*path, "key"), key, syntax.config_key(key))


def _check_file_key(
    ref: dict[str, Any], volumes: dict[str, Any], path: Path, report: Report
) -> None:
    key = ref.get("key", "")
    if not key:
        report.required((*path, "key"))
    elif syntax.env_name(key):
        report.syntax((*path, "key"), key, syntax.env_name(key))
    volume = ref.get("volumeName", "")
    if not volume:
        report.required((*path, "volumeName"))
    elif volume not in volumes:
        report.wrong((*path, "volumeName"), f"{show(volume)} is not a volume of the pod")
    file = ref.get("path", "")
    if not file:
        report.required((*path, "path"))
    elif syntax.relative_path(file):
        report.syntax((*path, "path"), file, syntax.relative_path(file))


def check_field(ref: dict[str, Any], allowed: tuple[str, ...], path: Path, report: Report) -> None:
    """A reference to a field of the pod; `allowed` are those that may be used here."""
    version, field = ref.get("apiVersion") or "v1", ref.get("fieldPath", "")
    where = (*path, "fieldPath")
    if not field:
        report.required(where)
        return
    subscript = _SUBSCRIPT.match(field)
    if version != "v1":
        report.enum((*path, "apiVersion"), version, ("v1",))
    elif subscript:
        _check_subscript(subscript[1], subscript[2], where, report)
    elif ("spec.nodeName" if field == "spec.host" else field) not in allowed:
        report.enum(where, field, allowed)


def _check_subscript(field: str, key: str, path: Path, report: Report) -> None:
    if field not in ("metadata.annotations", "metadata.labels"):
        report.enum(path, field, ("metadata.annotations['key']", "metadata.labels['key']"))
        return
    wrong = syntax.qualified_name(key.lower() if field == "metadata.annotations" else key)
    if wrong:
        report.syntax(path, key, wrong)


def check_resource_field(ref: dict[str, Any], in_volume: bool, path: Path, report: Report) -> None:
    """A reference to a container's own limit or request."""
    resource = ref.get("resource", "")
    if in_volume and not ref.get("containerName"):
        report.required((*path, "containerName"))
    elif not resource:
        report.required((*path, "resource"))
    elif resource not in _RESOURCES and not resource.startswith(
        ("limits.hugepages-", "requests.hugepages-")
    ):
        report.enum((*path, "resource"), resource, _RESOURCES)
    divisor = ref.get("divisor")
    if divisor is None or not parse(divisor):
        return
    allowed = _DIVISORS["cpu"] if resource.endswith(".cpu") else _DIVISORS[""]
    if parse(divisor) not in [parse(d) for d in allowed]:
        report.enum((*path, "divisor"), divisor, allowed)


def check_env_from(sources: list[dict[str, Any]], path: Path, report: Report) -> None:
    for i, source in enumerate(sources):
        where = (*path, i)
        prefix = source.get("prefix", "")
        if prefix and syntax.env_name(prefix):
            report.name((*where, "prefix"), prefix, syntax.env_name(prefix))
        given = [field for field in ("configMapRef", "secretRef") if field in source]
        if not given:
            report.wrong(where, "one of configMapRef, secretRef is needed")
        elif len(given) > 1:
            report.wrong(where, "configMapRef and secretRef exclude each other")
        for field in given:
            name = source[field].get("name", "")
            if not name:
                report.required((*where, field, "name"))
            elif syntax.dns_subdomain(name):
                report.name((*where, field, "name"), name, syntax.dns_subdomain(name))
