"""ConfigMap, Secret, ServiceAccount, Namespace: small kinds of the core group."""

from __future__ import annotations

import json
import re

from stackgen.regex import regex
from stackgen.schema import syntax
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import Report, one_of, show

_LIMIT = 1024 * 1024  # bytes, all values together
_ACCOUNT = "kubernetes.io/service-account.name"


def _check_key(key: str, field: str, report: Report) -> None:
    report.syntax((field, key), key, syntax.config_key(key), key=True)


def _size(value: str | bytes) -> int:
    return len(value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass"))


def check_config_map(data: Fields) -> None:
    texts, blobs = data.get("data") or {}, data.get("binaryData") or {}
    size, report = 0, data.report
    for key, value in texts.items():
        _check_key(key, "data", report)
        if key in blobs:
            report.duplicate(("data", key), key, "key of data and binaryData")
        size += _size(value)
    for key, value in blobs.items():
        _check_key(key, "binaryData", report)
        size += _size(value)
    if size > _LIMIT:
        report.length(("data",), f"the values take {size} bytes; the limit is {_LIMIT}")


def check_secret(data: Fields) -> None:
    values: dict[str, str | bytes] = {**(data.get("data") or {}), **(data.get("stringData") or {})}
    size, report = 0, data.report
    for key, value in values.items():
        _check_key(key, _home(data, key), report)
        size += _size(value)
    if size > _LIMIT:
        report.length(("data",), f"the values take {size} bytes; the limit is {_LIMIT}")
    kind = data.get("type") or "Opaque"
    for key in _NEEDED.get(kind, ()):
        if key not in values:
            report.required(("data", key), f"type {kind} holds it")
    if kind == "kubernetes.io/service-account-token":
        data.inner("metadata", "annotations").needs(_ACCOUNT, f"type {kind} names an account")
    elif kind == "kubernetes.io/basic-auth" and not values.keys() & {"username", "password"}:
        report.required(("data", "username"), f"type {kind} holds username or password")
    elif kind in _JSON_KEYS and _JSON_KEYS[kind] in values:
        key = _JSON_KEYS[kind]
        if not _is_json_object(values[key]):
            report.syntax((_home(data, key), key), key, "must hold a JSON object")


def _home(data: Fields, key: str) -> str:
    """The field that decides the value of `key`."""
    return "stringData" if key in (data.get("stringData") or {}) else "data"


_NEEDED = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
_JSON_KEYS = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}


def _is_json_object(value: str | bytes) -> bool:
    try:
        return isinstance(json.loads(value), (dict, type(None)))
    except ValueError:
        return False


def check_service_account(data: Fields) -> None:
    """Nothing beyond types and metadata is checked."""


_SECURITY = "pod-security.kubernetes.io/"
_LEVELS = ("baseline", "privileged", "restricted")
_VERSION = regex(r"latest\Z|v1\.(?:0|[1-9][0-9]*)\Z", re.ASCII)


def check_namespace(data: Fields) -> None:
    given, report = data.inner("metadata", "labels"), data.report
    for mode in ("audit", "enforce", "warn"):
        key = _SECURITY + mode
        if given.get(key, "baseline") not in _LEVELS:
            report.label(given.at(key), given.get(key), f"must be {one_of(_LEVELS)}")
        version = given.get(f"{key}-version", "latest")
        if not _VERSION.match(version):
            report.label(given.at(f"{key}-version"), version, "must be latest or v1.<minor>")
    for name, where in data.inner("spec").values("finalizers"):
        wrong = syntax.qualified_name(name)
        if not wrong and "/" not in name and name not in ("kubernetes", "orphan"):
            wrong = "must be written domain/name"
        report.name(where, name, wrong)


def check_event(data: Fields) -> None:
    namespace = data.inner("metadata").get("namespace", "")
    involved = data.inner("involvedObject").get("namespace", "")
    if involved and namespace and involved != namespace:
        message = f"{show(involved)} is not the event's own namespace, {show(namespace)}"
        data.inner("involvedObject").wrong("namespace", message)


def check_lease(data: Fields) -> None:
    spec = data.inner("spec")
    spec.positive("leaseDurationSeconds")
    spec.not_negative("leaseTransitions")
