"""StorageClass, CSIDriver, PersistentVolume and the other kinds of storage."""

from __future__ import annotations

from stackgen.facts.quantity import parse
from stackgen.schema import syntax
from stackgen.schema.native import claims, labels, resources
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show
from stackgen.schema.native.scheduling import check_node_selector, check_tolerations
from stackgen.schema.native.volume_sources import (
    PLAIN_SOURCES,
    Check,
    check_host_path,
    check_local,
    check_one_source,
)

_RECLAIM = ("Delete", "Recycle", "Retain")
_MAX_TOKEN_SECONDS = 1 << 32


# The server does not look into nodeStageSecretRef.
_SECRET_REFS = (
    "controllerExpandSecretRef", "controllerPublishSecretRef", "nodeExpandSecretRef",
    "nodePublishSecretRef",
)  # fmt: skip
_NOT_PERSISTENT = ("gitRepo",)


def check_claim(data: Fields) -> None:
    spec = data.inner("spec")
    claims.check_spec(Fields(claims.without_ignored_source(spec.data), spec.path, spec.report))


def _provisioner(name: str) -> str:
    return syntax.qualified_name(name.lower())


def check_storage_class(data: Fields) -> None:
    data.needs_name("provisioner", _provisioner)
    _check_parameters(data.inner("parameters"))
    data.enum("reclaimPolicy", ("Delete", "Retain"), empty=True)
    data.enum("volumeBindingMode", ("Immediate", "WaitForFirstConsumer"))
    terms: list[dict[str, frozenset[str]]] = [{}]  # one that asks for nothing counts as a repeat
    for term in data.items("allowedTopologies"):
        _check_topology(term)
        asked = {
            requirement.get("key", ""): frozenset(requirement.get("values") or ())
            for requirement in term.items("matchLabelExpressions")
        }
        if asked in terms:
            where = term.at("matchLabelExpressions")
            message = "each term must ask for something new"
            term.report.add("schema-duplicate-item", where, message)
        terms.append(asked)


def _check_parameters(parameters: Fields) -> None:
    values, report = parameters.data, parameters.report
    if len(values) > 512:
        report.length(parameters.path, f"{len(values)} parameters: at most 512")
    size = sum(len(k.encode()) + len(v.encode("utf-8", "replace")) for k, v in values.items())
    if size > 256 * 1024:
        report.length(parameters.path, f"{size} bytes: at most {256 * 1024}")
    if "" in values:
        report.name(parameters.at(""), "", "is not the name of a parameter", key=True)


def _check_topology(term: Fields) -> None:
    keys: set[str] = set()
    for requirement in term.items("matchLabelExpressions"):
        key, where = requirement.get("key", ""), requirement.at("key")
        labels.check_label_key(key, where, term.report)
        if key in keys:
            term.report.duplicate(where, key, "key")
        keys.add(key)
        requirement.needs("values", "at least one value")
        requirement.distinct("values", "value")


def check_attributes_class(data: Fields) -> None:
    data.needs_name("driverName", _provisioner)
    data.needs("parameters", "at least one parameter")
    _check_parameters(data.inner("parameters"))


def check_csi_driver(data: Fields) -> None:
    spec, name = data.inner("spec"), data.inner("metadata").get("name", "")
    if name:
        claims.check_driver_name(name, ("metadata", "name"), data.report)
    spec.enum("fsGroupPolicy", ("File", "None", "ReadWriteOnceWithFSType"))
    for mode, where in spec.values("volumeLifecycleModes"):
        spec.report.enum(where, mode, ("Ephemeral", "Persistent"))
    audiences: set[str] = set()
    for request in spec.items("tokenRequests"):
        audience = request.get("audience", "")
        if audience in audiences:
            request.report.duplicate(request.at("audience"), audience, "audience")
        audiences.add(audience)
        allowed = f"between 600 (10 minutes) and {_MAX_TOKEN_SECONDS}"
        request.between("expirationSeconds", 600, _MAX_TOKEN_SECONDS, allowed)
    spec.least("nodeAllocatableUpdatePeriodSeconds", 10)
    if not spec.get("tokenRequests"):
        spec.forbidden("needs tokenRequests", "serviceAccountTokenInSecrets")


def check_volume(data: Fields) -> None:
    spec = data.inner("spec")
    claims.check_access_modes(spec)
    capacity, report = spec.get("capacity") or {}, spec.report
    if spec.needs("capacity", "storage") and set(capacity) != {"storage"}:
        report.enum(spec.at("capacity"), ", ".join(sorted(capacity)), ("storage",))
    for name, amount in capacity.items():
        if parse(amount) <= 0:
            report.quantity(spec.at("capacity", name), f"{show(amount)} is not more than zero")
    spec.enum("persistentVolumeReclaimPolicy", _RECLAIM, empty=True)
    spec.enum("volumeMode", claims.VOLUME_MODES)
    attributes = "volumeAttributesClassName"
    for field in ("storageClassName", attributes):
        spec.name(field, syntax.dns_subdomain, empty=True)
    if spec.get(attributes) == "":
        spec.needs(attributes, "leave it out or name a class")
    if attributes in spec:
        spec.is_set("csi", "volumeAttributesClassName is for CSI volumes")
    check_one_source(spec, _VOLUME_SOURCES)
    recycled = spec.get("persistentVolumeReclaimPolicy") == "Recycle"
    if recycled and spec.inner("hostPath").get("path") == "/":
        spec.wrong("persistentVolumeReclaimPolicy", "the host's / is not recycled")
    if "nodeAffinity" in spec:
        affinity = spec.inner("nodeAffinity")
        if affinity.is_set("required"):
            check_node_selector(affinity.inner("required"))
    elif "local" in spec:
        spec.is_set("nodeAffinity", "a local volume is on one node")


def _check_csi(source: Fields) -> None:
    claims.check_driver_name(source.get("driver", ""), source.at("driver"), source.report)
    source.needs("volumeHandle")
    for field in _SECRET_REFS:
        if field in source:
            source.inner(field).needs_name("name", syntax.dns_subdomain)
            source.inner(field).needs_name("namespace", syntax.dns_label)


_VOLUME_SOURCES: dict[str, Check] = {
    **{k: v for k, v in PLAIN_SOURCES.items() if k not in _NOT_PERSISTENT},
    "csi": _check_csi,
    "hostPath": check_host_path,
    "local": check_local,
}


def check_runtime_class(data: Fields) -> None:
    handler, report = data.get("handler", ""), data.report
    report.name(("handler",), handler, syntax.dns_label(handler))
    overhead = data.inner("overhead", "podFixed")
    for name, amount in overhead.data.items():
        resources.check_container_name(name, overhead.at(name), report)
        resources.check_amount(name, amount, overhead.at(name), report)
    scheduling = data.inner("scheduling")
    labels.check_labels(scheduling.inner("nodeSelector"))
    check_tolerations(scheduling)
    tolerations = scheduling.get("tolerations") or []
    for i, (toleration, where) in enumerate(scheduling.values("tolerations")):
        if toleration in tolerations[:i]:
            report.add("schema-duplicate-item", where, "is there already: each toleration once")
