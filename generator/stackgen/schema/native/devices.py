"""Dynamic resource allocation: ResourceClaim, ResourceClaimTemplate and DeviceClass."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import labels, resources, syntax
from stackgen.schema.native.claims import check_driver_name
from stackgen.schema.native.expressions import check_expression
from stackgen.schema.native.report import Report, show

_MOST = 32
_EFFECTS = ("NoExecute", "NoSchedule", "None")
_MODES = ("All", "ExactCount")


def check_claim(data: dict[str, Any], report: Report) -> None:
    _check_claim_spec(data.get("spec") or {}, ("spec",), report)


def check_claim_template(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    meta = spec.get("metadata") or {}
    for field in sorted(
        f for f in meta if meta[f] not in (None, "", 0) and f not in ("annotations", "labels")
    ):
        report.wrong(("spec", "metadata", field), "the server sets it; only labels and annotations")
    if meta.get("labels"):
        labels.check_labels(meta["labels"], ("spec", "metadata", "labels"), report)
    if meta.get("annotations"):
        where = ("spec", "metadata", "annotations")
        labels.check_annotations(meta["annotations"], where, report)
    _check_claim_spec(spec.get("spec") or {}, ("spec", "spec"), report)


def check_device_class(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    _check_selectors(spec.get("selectors") or (), ("spec", "selectors"), report)
    for i, config in enumerate(spec.get("config") or ()):
        _check_opaque(config, ("spec", "config", i), report)
    name = spec.get("extendedResourceName")
    if name is not None and not resources.is_extended(name):
        where = ("spec", "extendedResourceName")
        report.name(where, name, "is not the name of an extended resource, such as google.com/tpu")


def _check_claim_spec(spec: dict[str, Any], path: Path, report: Report) -> None:
    devices, path = spec.get("devices") or {}, (*path, "devices")
    requests = devices.get("requests") or ()
    names: set[str] = set()
    if len(requests) > _MOST:
        report.length((*path, "requests"), f"{len(requests)} requests: at most {_MOST}")
    for i, request in enumerate(requests):
        where, name = (*path, "requests", i), request.get("name", "")
        if _check_label(name, (*where, "name"), report) and name in names:
            report.duplicate(where, name, "request name")
        names.add(name)
        for sub in request.get("firstAvailable") or ():
            names.add(f"{name}/{sub.get('name', '')}")
        _check_request(request, where, report)
    for field in ("constraints", "config"):
        for i, item in enumerate(devices.get(field) or ()):
            where = (*path, field, i)
            for j, name in enumerate(item.get("requests") or ()):
                if name not in names:
                    report.wrong((*where, "requests", j), f"{show(name)} is not a request here")
            if field == "config":
                _check_opaque(item, where, report)
            else:
                _check_constraint(item, where, report)


def _check_label(name: str, path: Path, report: Report) -> bool:
    if not name:
        report.required(path)
    elif syntax.dns_label(name):
        report.name(path, name, syntax.dns_label(name))
    else:
        return True
    return False


def _check_constraint(constraint: dict[str, Any], path: Path, report: Report) -> None:
    # Without its feature gate the server drops distinctAttribute before it looks.
    name, where = constraint.get("matchAttribute"), (*path, "matchAttribute")
    if name is None:
        report.required(where)
    else:
        _check_attribute(name, where, report)


def _check_attribute(name: str, path: Path, report: Report) -> None:
    domain, slash, identifier = name.partition("/")
    wrong = syntax.dns_subdomain(domain) or syntax.c_identifier(identifier)
    if not slash or wrong:
        report.name(path, name, "must be domain/identifier")


def _check_request(request: dict[str, Any], path: Path, report: Report) -> None:
    exact, first = request.get("exactly"), request.get("firstAvailable") or ()
    if exact is not None and first:
        report.wrong(path, "exactly and firstAvailable exclude each other")
    elif exact is None and not first:
        report.required(path, "one of exactly and firstAvailable")
    if exact is not None:
        _check_details(exact, (*path, "exactly"), report)
    names: set[str] = set()
    if len(first) > 8:
        report.length((*path, "firstAvailable"), f"{len(first)} choices: at most 8")
    for i, sub in enumerate(first):
        where, name = (*path, "firstAvailable", i), sub.get("name", "")
        if _check_label(name, (*where, "name"), report) and name in names:
            report.duplicate(where, name, "name")
        names.add(name)
        _check_details(sub, where, report)


def _check_details(details: dict[str, Any], path: Path, report: Report) -> None:
    name = details.get("deviceClassName", "")
    if not name:
        report.required((*path, "deviceClassName"))
    elif syntax.dns_subdomain(name):
        report.name((*path, "deviceClassName"), name, syntax.dns_subdomain(name))
    mode, count = details.get("allocationMode") or "ExactCount", details.get("count", 0)
    if mode not in _MODES:
        report.enum((*path, "allocationMode"), mode, _MODES)
    elif mode == "All" and count:
        report.wrong((*path, "count"), "not for allocationMode All")
    elif mode == "ExactCount" and count < 0:
        report.range((*path, "count"), count, "more than 0")
    _check_selectors(details.get("selectors") or (), (*path, "selectors"), report)
    for i, toleration in enumerate(details.get("tolerations") or ()):
        _check_toleration(toleration, (*path, "tolerations", i), report)


def _check_toleration(toleration: dict[str, Any], path: Path, report: Report) -> None:
    key, operator = toleration.get("key", ""), toleration.get("operator") or "Equal"
    value, effect = toleration.get("value", ""), toleration.get("effect", "")
    if key:
        labels.check_label_key(key, (*path, "key"), report)
    if operator not in ("Equal", "Exists"):
        report.enum((*path, "operator"), operator, ("Equal", "Exists"))
    elif operator == "Exists" and value:
        report.wrong((*path, "value"), "must be empty when the operator is Exists")
    elif syntax.label_value(value):
        report.label((*path, "value"), value, syntax.label_value(value))
    if effect and effect not in _EFFECTS:
        report.enum((*path, "effect"), effect, _EFFECTS)


def _check_selectors(selectors: Any, path: Path, report: Report) -> None:
    if len(selectors) > _MOST:
        report.length(path, f"{len(selectors)} selectors: at most {_MOST}")
    for i, selector in enumerate(selectors):
        where = (*path, i, "cel")
        if "cel" not in selector:
            report.required(where)
            continue
        text = selector["cel"].get("expression", "").strip()
        at = (*where, "expression")
        if not text:
            report.required(at)
        elif len(text) > 10 * 1024:
            report.length(at, "must be at most 10240 bytes")
        else:
            check_expression(text, (), at, report, names=("device",))


def _check_opaque(config: dict[str, Any], path: Path, report: Report) -> None:
    opaque = config.get("opaque")
    if opaque is None:
        report.required((*path, "opaque"))
        return
    driver, parameters = opaque.get("driver", ""), opaque.get("parameters")
    check_driver_name(driver, (*path, "opaque", "driver"), report)
    if parameters is None:
        report.required((*path, "opaque", "parameters"))
    elif not isinstance(parameters, dict):
        report.add("schema-wrong-type", (*path, "opaque", "parameters"), "must be an object")
