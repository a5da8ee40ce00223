"""CustomResourceDefinition: names, versions, columns; the schemas are in `crd_schema`."""

from __future__ import annotations

from typing import Any

from stackgen.schema import syntax
from stackgen.schema.native.apiservice import check_client_config, check_versions
from stackgen.schema.native.crd_schema import check_root
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show

_APPROVAL = "api-approved.kubernetes.io"
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = (
    "byte", "date", "date-time", "double", "float", "int32", "int64", "password",
)  # fmt: skip


def check_definition(data: Fields) -> None:
    spec, meta = data.inner("spec"), data.inner("metadata")
    names, group = spec.inner("names"), spec.get("group", "")
    wanted = f"{names.get('plural', '')}.{group}"
    if meta.get("name", wanted) != wanted:
        data.report.name(meta.at("name"), meta.get("name"), f"must be plural.group, {wanted}")
    if spec.needs_name("group", _group) and f".{group}".endswith((".k8s.io", ".kubernetes.io")):
        meta.inner("annotations").needs(_APPROVAL, f"{group} is protected")
    spec.needs_enum("scope", ("Cluster", "Namespaced"))
    message = "must be false: x-kubernetes-preserve-unknown-fields in the schema replaces it"
    spec.unwanted(message, "preserveUnknownFields")
    _check_names(names)
    _check_versions(spec)
    if "conversion" in spec:
        _check_conversion(spec.inner("conversion"))


def _group(group: str) -> str:
    return syntax.dns_subdomain(group) or ("" if "." in group else "must have at least one dot")


def _check_names(names: Fields) -> None:
    kind, report = names.get("kind", ""), names.report
    listed = names.get("listKind") or (f"{kind}List" if kind else "")
    values = (
        ("plural", names.get("plural", "")), ("singular", names.get("singular") or kind.lower()),
        ("kind", kind), ("listKind", listed),
    )  # fmt: skip
    for field, value in values:
        small = value.lower() if field.lower().endswith("kind") else value
        if not value:
            report.required(names.at(field))
        else:
            report.name(names.at(field), value, syntax.dns1035_label(small))
    if kind and kind == listed:
        names.wrong("listKind", "cannot be the kind itself")
    for field in ("shortNames", "categories"):
        for name, where in names.values(field):
            report.name(where, name, syntax.dns1035_label(name))


def _check_versions(spec: Fields) -> None:
    versions = spec.items("versions")
    stored = sum(1 for version in versions if version.get("storage"))
    if stored != 1:
        spec.wrong("versions", f"{stored} versions have storage: true; exactly one must")
    seen: set[str] = set()
    for version in versions:
        name = version.get("name", "")
        version.report.name(version.at("name"), name, syntax.dns1035_label(name))
        if name in seen:
            version.report.duplicate(version.at("name"), name, "version")
        seen.add(name)
        schema = version.inner("schema", "openAPIV3Schema")
        if version.inner("schema").is_set("openAPIV3Schema", "every version has a schema"):
            has_status = "status" in version.inner("subresources")
            check_root(schema.data, has_status, schema.path, version.report)
        warning = version.get("deprecationWarning")
        if warning is not None and (not version.get("deprecated") or len(warning) > 256):
            message = "needs deprecated: true and at most 256 characters"
            version.wrong("deprecationWarning", message)
        for column in version.items("additionalPrinterColumns"):
            column.needs("name")
            column.needs_enum("type", _COLUMN_TYPES)
            column.enum("format", _COLUMN_FORMATS, empty=True)
            column.needs_syntax("jsonPath", _json_path)
        _check_scale(version.inner("subresources"))
        version.at_most("selectableFields", 8, "fields")
        for i, field in enumerate(version.items("selectableFields")):
            path = field.get("jsonPath", "")
            if field.data in version.get("selectableFields")[:i]:
                version.report.duplicate(field.path, path, "field")
            if field.needs_syntax("jsonPath", _json_path) and not _is_selectable(path, schema.data):
                message = "must be the path of a field of type boolean, integer or string"
                version.report.syntax(field.at("jsonPath"), path, message)


def _is_selectable(path: str, schema: dict[str, Any]) -> bool:
    """Whether a path of plain names leads to a value that a field selector can compare."""
    node: Any = schema
    names = path[1:].split(".")
    for name in names:
        node = (node.get("properties") or {}).get(name) or node.get("additionalProperties")
        if not isinstance(node, dict):
            return False
    return names[0] != "metadata" and node.get("type") in ("boolean", "integer", "string")


def _json_path(path: str) -> str:
    return "" if path.startswith(".") else "must begin with '.'"


def _check_scale(subresources: Fields) -> None:
    scale = subresources.inner("scale")
    if "scale" not in subresources:
        return
    starts = (
        ("specReplicasPath", (".spec.",)), ("statusReplicasPath", (".status.",)),
        ("labelSelectorPath", (".spec.", ".status.")),
    )  # fmt: skip
    for field, begins in starts:
        value = scale.get(field, "")
        if not value and field != "labelSelectorPath":
            scale.needs(field)
        elif value and not value.startswith(begins):
            scale.report.syntax(scale.at(field), value, f"must begin with {' or '.join(begins)}")
        elif "[" in value or "*" in value:
            scale.report.syntax(scale.at(field), value, "must be a path of names")


def _check_conversion(conversion: Fields) -> None:
    conversion.needs_enum("strategy", ("None", "Webhook"), "None or Webhook")
    if conversion.get("strategy") == "None":
        conversion.forbidden("only for strategy Webhook", "webhook")
    elif conversion.get("strategy") == "Webhook":
        webhook = conversion.inner("webhook")
        if webhook.is_set("clientConfig", "strategy Webhook needs it"):
            check_client_config(webhook.inner("clientConfig"))
        if check_versions(webhook, "conversionReviewVersions"):
            first = show(webhook.get("conversionReviewVersions")[0])
            message = f"{first}: v1 or v1beta1 must be among them"
            webhook.wrong("conversionReviewVersions", message)
