"""CustomResourceDefinition: names, versions, columns; the schemas are in `crd_schema`."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import syntax
from stackgen.schema.native.apiservice import check_client_config
from stackgen.schema.native.crd_schema import check_root
from stackgen.schema.native.report import Report, show

_APPROVAL = "api-approved.kubernetes.io"
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = (
    "byte", "date", "date-time", "double", "float", "int32", "int64", "password",
)  # fmt: skip


def check_definition(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    meta, names = data.get("metadata") or {}, spec.get("names") or {}
    group = spec.get("group", "")
    wanted = f"{names.get('plural', '')}.{group}"
    if meta.get("name", wanted) != wanted:
        report.name(("metadata", "name"), meta["name"], f"must be plural.group, {wanted}")
    if not group:
        report.required((*path, "group"))
    elif syntax.dns_subdomain(group):
        report.name((*path, "group"), group, syntax.dns_subdomain(group))
    elif "." not in group:
        report.name((*path, "group"), group, "must have at least one dot")
    elif f".{group}".endswith((".k8s.io", ".kubernetes.io")) and not (
        meta.get("annotations") or {}
    ).get(_APPROVAL):
        report.required(("metadata", "annotations", _APPROVAL), f"{group} is protected")
    scope = spec.get("scope", "")
    if not scope:
        report.required((*path, "scope"))
    elif scope not in ("Cluster", "Namespaced"):
        report.enum((*path, "scope"), scope, ("Cluster", "Namespaced"))
    if spec.get("preserveUnknownFields"):
        message = "must be false: x-kubernetes-preserve-unknown-fields in the schema replaces it"
        report.wrong((*path, "preserveUnknownFields"), message)
    _check_names(names, (*path, "names"), report)
    _check_versions(spec, report)
    if "conversion" in spec:
        _check_conversion(spec["conversion"], (*path, "conversion"), report)


def _check_names(names: dict[str, Any], path: Path, report: Report) -> None:
    kind = names.get("kind", "")
    listed = names.get("listKind") or (f"{kind}List" if kind else "")
    values = (
        ("plural", names.get("plural", "")), ("singular", names.get("singular") or kind.lower()),
        ("kind", kind), ("listKind", listed),
    )  # fmt: skip
    for field, value in values:
        small = value.lower() if field.lower().endswith("kind") else value
        if not value:
            report.required((*path, field))
        elif syntax.dns1035_label(small):
            report.name((*path, field), value, syntax.dns1035_label(small))
    if kind and kind == listed:
        report.wrong((*path, "listKind"), "cannot be the kind itself")
    for field in ("shortNames", "categories"):
        for i, name in enumerate(names.get(field) or ()):
            report.name((*path, field, i), name, syntax.dns1035_label(name))


def _check_versions(spec: dict[str, Any], report: Report) -> None:
    versions, path = spec.get("versions") or [], ("spec", "versions")
    stored = sum(1 for version in versions if version.get("storage"))
    if stored != 1:
        report.wrong(path, f"{stored} versions have storage: true; exactly one must")
    seen: set[str] = set()
    for i, version in enumerate(versions):
        where, name = (*path, i), version.get("name", "")
        report.name((*where, "name"), name, syntax.dns1035_label(name))
        if name in seen:
            report.duplicate((*where, "name"), name, "version")
        seen.add(name)
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if schema is None:
            report.required((*where, "schema", "openAPIV3Schema"), "every version has a schema")
        else:
            has_status = "status" in (version.get("subresources") or {})
            check_root(schema, has_status, (*where, "schema", "openAPIV3Schema"), report)
        warning = version.get("deprecationWarning")
        if warning is not None and (not version.get("deprecated") or len(warning) > 256):
            message = "needs deprecated: true and at most 256 characters"
            report.wrong((*where, "deprecationWarning"), message)
        for j, column in enumerate(version.get("additionalPrinterColumns") or ()):
            _check_column(column, (*where, "additionalPrinterColumns", j), report)
        _check_subresources(version.get("subresources") or {}, where, report)
        fields = version.get("selectableFields") or ()
        if len(fields) > 8:
            report.length((*where, "selectableFields"), f"{len(fields)} fields: at most 8")
        for j, field in enumerate(fields):
            if field in fields[:j]:
                report.duplicate(
                    (*where, "selectableFields", j), field.get("jsonPath", ""), "field"
                )
            at, place = field.get("jsonPath", ""), (*where, "selectableFields", j)
            _check_path(at, place, report)
            if at.startswith(".") and not _is_selectable(at, schema or {}):
                message = "must be the path of a field of type boolean, integer or string"
                report.syntax((*place, "jsonPath"), at, message)


def _is_selectable(path: str, schema: dict[str, Any]) -> bool:
    """Whether a path of plain names leads to a value that a field selector can compare."""
    node: Any = schema
    names = path[1:].split(".")
    for name in names:
        node = (node.get("properties") or {}).get(name) or node.get("additionalProperties")
        if not isinstance(node, dict):
            return False
    return names[0] != "metadata" and node.get("type") in ("boolean", "integer", "string")


def _check_path(value: str, path: Path, report: Report) -> None:
    if not value:
        report.required((*path, "jsonPath"))
    elif not value.startswith("."):
        report.syntax((*path, "jsonPath"), value, "must begin with '.'")


def _check_column(column: dict[str, Any], path: Path, report: Report) -> None:
    if not column.get("name"):
        report.required((*path, "name"))
    kind, form = column.get("type", ""), column.get("format", "")
    if not kind:
        report.required((*path, "type"))
    elif kind not in _COLUMN_TYPES:
        report.enum((*path, "type"), kind, _COLUMN_TYPES)
    if form and form not in _COLUMN_FORMATS:
        report.enum((*path, "format"), form, _COLUMN_FORMATS)
    _check_path(column.get("jsonPath", ""), path, report)


def _check_subresources(subresources: dict[str, Any], path: Path, report: Report) -> None:
    scale = subresources.get("scale")
    if scale is None:
        return
    where = (*path, "subresources", "scale")
    starts = (
        ("specReplicasPath", (".spec.",)), ("statusReplicasPath", (".status.",)),
        ("labelSelectorPath", (".spec.", ".status.")),
    )  # fmt: skip
    for field, begins in starts:
        value = scale.get(field, "")
        if not value and field != "labelSelectorPath":
            report.required((*where, field))
        elif value and not value.startswith(begins):
            report.syntax((*where, field), value, f"must begin with {' or '.join(begins)}")
        elif value and ("[" in value or "*" in value):
            report.syntax((*where, field), value, "must be a path of names")


def _check_conversion(conversion: dict[str, Any], path: Path, report: Report) -> None:
    strategy, webhook = conversion.get("strategy", ""), conversion.get("webhook")
    if not strategy:
        report.required((*path, "strategy"), "None or Webhook")
    elif strategy not in ("None", "Webhook"):
        report.enum((*path, "strategy"), strategy, ("None", "Webhook"))
    elif strategy == "None":
        if webhook is not None:
            report.wrong((*path, "webhook"), "only for strategy Webhook")
    elif webhook is None or webhook.get("clientConfig") is None:
        report.required((*path, "webhook", "clientConfig"), "strategy Webhook needs it")
    else:
        check_client_config(webhook["clientConfig"], (*path, "webhook", "clientConfig"), report)
    if strategy == "Webhook":
        versions = (webhook or {}).get("conversionReviewVersions") or []
        where = (*path, "webhook", "conversionReviewVersions")
        if not versions:
            report.required(where, "v1 or v1beta1 at least")
        elif not {"v1", "v1beta1"} & set(versions):
            report.wrong(where, f"{show(versions[0])}: v1 or v1beta1 must be among them")
        for i, version in enumerate(versions):
            if syntax.dns1035_label(version):
                report.name((*where, i), version, syntax.dns1035_label(version))
            elif version in versions[:i]:
                report.duplicate((*where, i), version, "version")
