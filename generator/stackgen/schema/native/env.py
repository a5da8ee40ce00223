"""Environment variables and where their values come from."""

from __future__ import annotations

import re
from typing import Any

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.regex import regex
from stackgen.schema import syntax
from stackgen.schema.native import resources
from stackgen.schema.native.fields import Fields
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
_SUBSCRIPT = regex(r"(.+)\['([^']*)'\]\Z", re.DOTALL)
_RESOURCES = tuple(f"{side}.{r}" for side in ("limits", "requests") for r in resources.COMPUTE)
_DIVISORS = {
    "cpu": ("1m", "1"),
    "": ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"),
}


def check_env(container: Fields, volumes: dict[str, Any]) -> None:
    for variable in container.items("env"):
        variable.needs_name("name", syntax.env_name)
        if "valueFrom" in variable:
            _check_value_from(variable, volumes)


def _check_value_from(variable: Fields, volumes: dict[str, Any]) -> None:
    source = variable.inner("valueFrom")
    given = [field for field in _SOURCES if field in source]
    if not given:
        variable.wrong("valueFrom", f"valueFrom needs one of {one_of(_SOURCES)}")
    elif len(given) > 1:
        variable.wrong("valueFrom", f"valueFrom takes one source, not {' and '.join(given)}")
    elif variable.get("value"):
        variable.wrong("valueFrom", "valueFrom and a value exclude each other")
    for field in given:
        ref = source.inner(field)
        if field == "fieldRef":
            check_field(ref, ENV_FIELDS)
        elif field == "resourceFieldRef":
            check_resource_field(ref, in_volume=False)
        elif field == "fileKeyRef":
            _check_file_key(ref, volumes)
        else:
            name = ref.get("name", "")
            ref.report.name(ref.at("name"), name, syntax.dns_subdomain(name))
            ref.needs_syntax("key", syntax.config_key)


def _check_file_key(ref: Fields, volumes: dict[str, Any]) -> None:
    ref.needs_syntax("key", syntax.env_name)
    volume = ref.get("volumeName")
    if ref.needs("volumeName") and volume not in volumes:
        ref.wrong("volumeName", f"{show(volume)} is not a volume of the Pod")
    ref.needs_syntax("path", syntax.relative_path)


def check_field(ref: Fields, allowed: tuple[str, ...]) -> None:
    """A reference to a field of the Pod; `allowed` are those that may be used here."""
    if not ref.needs("fieldPath"):
        return
    field = ref.get("fieldPath")
    subscript = _SUBSCRIPT.match(field)
    if not ref.enum("apiVersion", ("v1",), empty=True):
        return
    if subscript:
        _check_subscript(subscript[1], subscript[2], ref.at("fieldPath"), ref.report)
    elif field != "spec.host" or "spec.nodeName" not in allowed:
        ref.enum("fieldPath", allowed)


def _check_subscript(field: str, key: str, path: Path, report: Report) -> None:
    if field not in ("metadata.annotations", "metadata.labels"):
        report.enum(path, field, ("metadata.annotations['key']", "metadata.labels['key']"))
        return
    wrong = syntax.qualified_name(key.lower() if field == "metadata.annotations" else key)
    report.syntax(path, key, wrong)


def check_resource_field(ref: Fields, in_volume: bool) -> None:
    """A reference to a container's own limit or request."""
    resource = ref.get("resource", "")
    hugepages = resource.startswith(("limits.hugepages-", "requests.hugepages-"))
    if (not in_volume or ref.needs("containerName")) and ref.needs("resource") and not hugepages:
        ref.enum("resource", _RESOURCES)
    divisor = ref.get("divisor")
    if divisor is None or not parse(divisor):
        return
    allowed = _DIVISORS["cpu"] if resource.endswith(".cpu") else _DIVISORS[""]
    if parse(divisor) not in [parse(d) for d in allowed]:
        ref.report.enum(ref.at("divisor"), divisor, allowed)


def check_env_from(container: Fields) -> None:
    for source in container.items("envFrom"):
        source.name("prefix", syntax.env_name, empty=True)
        given = [field for field in ("configMapRef", "secretRef") if field in source]
        if not given:
            source.report.wrong(source.path, "one of configMapRef, secretRef is needed")
        elif len(given) > 1:
            source.report.wrong(source.path, "configMapRef and secretRef exclude each other")
        for field in given:
            source.inner(field).needs_name("name", syntax.dns_subdomain)
