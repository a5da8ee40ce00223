"""Dynamic resource allocation: ResourceClaim, ResourceClaimTemplate and DeviceClass."""

from __future__ import annotations

from stackgen.schema import syntax
from stackgen.schema.native import labels, resources
from stackgen.schema.native.claims import check_driver_name
from stackgen.schema.native.expressions import check_given
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show
from stackgen.schema.native.scheduling import check_toleration_value

_MOST = 32
_EFFECTS = ("NoExecute", "NoSchedule", "None")
_MODES = ("All", "ExactCount")


def check_claim(data: Fields) -> None:
    _check_claim_spec(data.inner("spec"))


def check_claim_template(data: Fields) -> None:
    meta = data.inner("spec", "metadata")
    others = sorted(meta.data.keys() - {"annotations", "labels"})
    set_here = [field for field in others if meta.get(field) not in ("", 0)]
    meta.forbidden("the server sets it; only labels and annotations", *set_here)
    labels.check_template_meta(meta)
    _check_claim_spec(data.inner("spec", "spec"))


def check_device_class(data: Fields) -> None:
    spec = data.inner("spec")
    _check_selectors(spec)
    for config in spec.items("config"):
        _check_opaque(config)
    spec.name("extendedResourceName", _extended)


def _extended(name: str) -> str:
    wrong = "is not the name of an extended resource, such as google.com/tpu"
    return "" if resources.is_extended(name) else wrong


def _check_claim_spec(spec: Fields) -> None:
    devices = spec.inner("devices")
    names: set[str] = set()
    devices.at_most("requests", _MOST, "requests")
    for request in devices.items("requests"):
        _check_name(request, names, "request name")
        for sub in request.items("firstAvailable"):
            names.add(f"{request.get('name', '')}/{sub.get('name', '')}")
        _check_request(request)
    for field in ("constraints", "config"):
        for item in devices.items(field):
            for name, where in item.values("requests"):
                if name not in names:
                    item.report.wrong(where, f"{show(name)} is not a request here")
            if field == "config":
                _check_opaque(item)
            elif item.is_set("matchAttribute"):
                # Without its feature gate the server drops distinctAttribute before it looks.
                item.name("matchAttribute", _attribute)


def _check_name(owner: Fields, names: set[str], what: str) -> None:
    name = owner.get("name", "")
    if owner.needs_name("name", syntax.dns_label) and name in names:
        owner.report.duplicate(owner.path, name, what)
    names.add(name)


def _attribute(name: str) -> str:
    domain, slash, identifier = name.partition("/")
    wrong = syntax.dns_subdomain(domain) or syntax.c_identifier(identifier)
    return "must be domain/identifier" if not slash or wrong else ""


def _check_request(request: Fields) -> None:
    exact, first = "exactly" in request, request.items("firstAvailable")
    if exact and first:
        message = "exactly and firstAvailable exclude each other"
        request.report.wrong(request.path, message)
    elif not exact and not first:
        request.report.required(request.path, "one of exactly and firstAvailable")
    if exact:
        _check_details(request.inner("exactly"))
    names: set[str] = set()
    request.at_most("firstAvailable", 8, "choices")
    for sub in first:
        _check_name(sub, names, "name")
        _check_details(sub)


def _check_details(details: Fields) -> None:
    details.needs_name("deviceClassName", syntax.dns_subdomain)
    if details.enum("allocationMode", _MODES, empty=True):
        if details.get("allocationMode") == "All":
            details.unwanted("not for allocationMode All", "count")
        elif details.get("count", 0) < 0:
            details.positive("count")
    _check_selectors(details)
    for toleration in details.items("tolerations"):
        if toleration.get("key"):
            where = toleration.at("key")
            labels.check_label_key(toleration.get("key"), where, toleration.report)
        check_toleration_value(toleration)
        toleration.enum("effect", _EFFECTS, empty=True)


def _check_selectors(owner: Fields) -> None:
    owner.at_most("selectors", _MOST, "selectors")
    for selector in owner.items("selectors"):
        if selector.is_set("cel"):
            check_given(selector.inner("cel"), (), names=("device",), limit=10 * 1024)


def _check_opaque(config: Fields) -> None:
    if not config.is_set("opaque"):
        return
    opaque = config.inner("opaque")
    check_driver_name(opaque.get("driver", ""), opaque.at("driver"), opaque.report)
    if opaque.is_set("parameters") and not isinstance(opaque.get("parameters"), dict):
        opaque.report.add("schema-wrong-type", opaque.at("parameters"), "must be an object")
