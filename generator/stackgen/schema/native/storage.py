"""StorageClass, CSIDriver, PersistentVolume and the other kinds of storage."""

from __future__ import annotations

from typing import Any

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.schema.native import claims, labels, resources, syntax
from stackgen.schema.native.report import Report, show
from stackgen.schema.native.scheduling import check_node_selector, check_tolerations
from stackgen.schema.native.volume_sources import (
    PLAIN_SOURCES,
    Check,
    check_local,
    check_one_source,
)

_RECLAIM = ("Delete", "Recycle", "Retain")
_MAX_TOKEN_SECONDS = 1 << 32


def check_claim(data: dict[str, Any], report: Report) -> None:
    spec = claims.without_ignored_source(data.get("spec") or {})
    claims.check_spec(spec, ("spec",), report)


def check_storage_class(data: dict[str, Any], report: Report) -> None:
    provisioner = data.get("provisioner", "")
    if not provisioner:
        report.required(("provisioner",))
    elif syntax.qualified_name(provisioner.lower()):
        wrong = syntax.qualified_name(provisioner.lower())
        report.name(("provisioner",), provisioner, wrong)
    _check_parameters(data.get("parameters") or {}, report)
    policy = data.get("reclaimPolicy") or "Delete"
    report.enum(("reclaimPolicy",), policy, ("Delete", "Retain"))
    mode, modes = data.get("volumeBindingMode"), ("Immediate", "WaitForFirstConsumer")
    if mode is not None and mode not in modes:
        report.enum(("volumeBindingMode",), mode, modes)
    terms: list[dict[str, frozenset[str]]] = [{}]  # one that asks for nothing counts as a repeat
    for i, term in enumerate(data.get("allowedTopologies") or ()):
        _check_topology(term, ("allowedTopologies", i), report)
        asked = {
            requirement.get("key", ""): frozenset(requirement.get("values") or ())
            for requirement in term.get("matchLabelExpressions") or ()
        }
        if asked in terms:
            where = ("allowedTopologies", i, "matchLabelExpressions")
            report.add("schema-duplicate-item", where, "each term must ask for something new")
        terms.append(asked)


def _check_parameters(parameters: dict[str, str], report: Report) -> None:
    if len(parameters) > 512:
        report.length(("parameters",), f"{len(parameters)} parameters: at most 512")
    size = sum(len(k.encode()) + len(v.encode("utf-8", "replace")) for k, v in parameters.items())
    if size > 256 * 1024:
        report.length(("parameters",), f"{size} bytes: at most {256 * 1024}")
    if "" in parameters:
        report.name(("parameters", ""), "", "is not the name of a parameter", key=True)


def _check_topology(term: dict[str, Any], path: Path, report: Report) -> None:
    keys: set[str] = set()
    for i, requirement in enumerate(term.get("matchLabelExpressions") or ()):
        where = (*path, "matchLabelExpressions", i)
        key, values = requirement.get("key", ""), requirement.get("values") or ()
        report.label((*where, "key"), key, syntax.qualified_name(key))
        if key in keys:
            report.duplicate((*where, "key"), key, "key")
        keys.add(key)
        if not values:
            report.required((*where, "values"), "at least one value")
        for j, value in enumerate(values):
            if value in values[:j]:
                report.duplicate((*where, "values", j), value)


def check_attributes_class(data: dict[str, Any], report: Report) -> None:
    name = data.get("driverName", "")
    if not name:
        report.required(("driverName",))
    elif syntax.qualified_name(name.lower()):
        report.name(("driverName",), name, syntax.qualified_name(name.lower()))
    if not data.get("parameters"):
        report.required(("parameters",), "at least one parameter")
    _check_parameters(data.get("parameters") or {}, report)


def check_csi_driver(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    name = (data.get("metadata") or {}).get("name", "")
    if name:
        claims.check_driver_name(name, ("metadata", "name"), report)
    policy, allowed = spec.get("fsGroupPolicy"), ("File", "None", "ReadWriteOnceWithFSType")
    if policy is not None and policy not in allowed:
        report.enum((*path, "fsGroupPolicy"), policy, allowed)
    for i, mode in enumerate(spec.get("volumeLifecycleModes") or ()):
        report.enum((*path, "volumeLifecycleModes", i), mode, ("Ephemeral", "Persistent"))
    requests = spec.get("tokenRequests") or ()
    audiences: set[str] = set()
    for i, request in enumerate(requests):
        where, audience = (*path, "tokenRequests", i), request.get("audience", "")
        if audience in audiences:
            report.duplicate((*where, "audience"), audience, "audience")
        audiences.add(audience)
        seconds = request.get("expirationSeconds")
        if seconds is not None and not 600 <= seconds <= _MAX_TOKEN_SECONDS:
            allowed_range = f"between 600 (10 minutes) and {_MAX_TOKEN_SECONDS}"
            report.range((*where, "expirationSeconds"), seconds, allowed_range)
    period = spec.get("nodeAllocatableUpdatePeriodSeconds")
    if period is not None and period < 10:
        report.range((*path, "nodeAllocatableUpdatePeriodSeconds"), period, "10 or more")
    if spec.get("serviceAccountTokenInSecrets") is not None and not requests:
        report.wrong((*path, "serviceAccountTokenInSecrets"), "needs tokenRequests")


def check_volume(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    claims.check_access_modes(spec.get("accessModes") or [], (*path, "accessModes"), report)
    capacity = spec.get("capacity") or {}
    if not capacity:
        report.required((*path, "capacity"), "storage")
    elif set(capacity) != {"storage"}:
        report.enum((*path, "capacity"), ", ".join(sorted(capacity)), ("storage",))
    for name, amount in capacity.items():
        if parse(amount) <= 0:
            report.quantity((*path, "capacity", name), f"{show(amount)} is not more than zero")
    policy = spec.get("persistentVolumeReclaimPolicy") or "Retain"
    report.enum((*path, "persistentVolumeReclaimPolicy"), policy, _RECLAIM)
    mode = spec.get("volumeMode")
    if mode is not None and mode not in claims.VOLUME_MODES:
        report.enum((*path, "volumeMode"), mode, claims.VOLUME_MODES)
    for field in ("storageClassName", "volumeAttributesClassName"):
        if spec.get(field) and syntax.dns_subdomain(spec[field]):
            report.name((*path, field), spec[field], syntax.dns_subdomain(spec[field]))
    if spec.get("volumeAttributesClassName") == "":
        report.required((*path, "volumeAttributesClassName"), "leave it out or name a class")
    if spec.get("volumeAttributesClassName") is not None and "csi" not in spec:
        report.required((*path, "csi"), "volumeAttributesClassName is for CSI volumes")
    check_one_source(spec, _VOLUME_SOURCES, path, report)
    host = (spec.get("hostPath") or {}).get("path")
    if host == "/" and policy == "Recycle":
        report.wrong((*path, "persistentVolumeReclaimPolicy"), "the host's / is not recycled")
    required = (spec.get("nodeAffinity") or {}).get("required")
    if "nodeAffinity" in spec:
        if required is None:
            report.required((*path, "nodeAffinity", "required"))
        else:
            check_node_selector(required, (*path, "nodeAffinity", "required"), report)
    elif "local" in spec:
        report.required((*path, "nodeAffinity"), "a local volume is on one node")


def _check_host_path(source: dict[str, Any], path: Path, report: Report) -> None:
    check_local(source, path, report)
    allowed = (
        "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File",
        "FileOrCreate", "Socket",
    )  # fmt: skip
    if source.get("type", "") not in allowed:
        report.enum((*path, "type"), source["type"], allowed)


def _check_csi(source: dict[str, Any], path: Path, report: Report) -> None:
    claims.check_driver_name(source.get("driver", ""), (*path, "driver"), report)
    if not source.get("volumeHandle"):
        report.required((*path, "volumeHandle"))
    for field in _SECRET_REFS:
        for part, rule in (("name", syntax.dns_subdomain), ("namespace", syntax.dns_label)):
            value, where = (source.get(field) or {}).get(part, ""), (*path, field, part)
            if field in source and not value:
                report.required(where)
            elif value and rule(value):
                report.name(where, value, rule(value))


# The server does not look into nodeStageSecretRef.
_SECRET_REFS = (
    "controllerExpandSecretRef", "controllerPublishSecretRef", "nodeExpandSecretRef",
    "nodePublishSecretRef",
)  # fmt: skip
_NOT_PERSISTENT = ("gitRepo",)
_VOLUME_SOURCES: dict[str, Check] = {
    **{k: v for k, v in PLAIN_SOURCES.items() if k not in _NOT_PERSISTENT},
    "csi": _check_csi,
    "hostPath": _check_host_path,
    "local": check_local,
}


def check_runtime_class(data: dict[str, Any], report: Report) -> None:
    handler = data.get("handler", "")
    report.name(("handler",), handler, syntax.dns_label(handler))
    for name, amount in ((data.get("overhead") or {}).get("podFixed") or {}).items():
        where: Path = ("overhead", "podFixed", name)
        resources.check_container_name(name, where, report)
        resources.check_amount(name, amount, where, report)
    scheduling, path = data.get("scheduling") or {}, ("scheduling",)
    if scheduling.get("nodeSelector"):
        labels.check_labels(scheduling["nodeSelector"], (*path, "nodeSelector"), report)
    tolerations = scheduling.get("tolerations") or []
    check_tolerations(tolerations, (*path, "tolerations"), report)
    for i, toleration in enumerate(tolerations):
        if toleration in tolerations[:i]:
            where = (*path, "tolerations", i)
            report.add("schema-duplicate-item", where, "is there already: each toleration once")
