"""The rules on `metadata` that all kinds share: names, labels, annotations, owners, finalizers."""

from __future__ import annotations

from typing import Any

from stackgen import paths
from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native import labels
from stackgen.schema.native.decode import decoder
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.names import NameRule, subdomain
from stackgen.schema.native.report import Report
from stackgen.schema.problem import Problem


def validate(meta: Any, namespaced: bool) -> list[Problem]:
    """The problems of the metadata of a custom resource."""
    fields = _decoded(meta, ("metadata",))
    if not fields.report.problems:
        check(fields, namespaced, subdomain)
    return fields.report.problems


def embedded(meta: Any, path: Path) -> list[Problem]:
    """The problems of the metadata of an object inside another one, at `path`."""
    fields = _decoded(meta, path)
    if not fields.report.problems:
        labels.check_template_meta(fields)
    return fields.report.problems


def _decoded(meta: Any, path: Path) -> Fields:
    report = Report()
    decode = decoder(paths.schemas("core", "configmap_v1.json"), "ObjectMeta")
    return Fields(decode(meta, path, report) or {}, path, report)


def check(meta: Fields, namespaced: bool, rule: NameRule) -> None:
    """Report the problems of metadata whose fields have their types."""
    report, prefix = meta.report, meta.get("generateName")
    if prefix:
        meta.name("generateName", lambda value: rule(value, True))
    elif not meta.get("name"):
        message = "the object has no name: set name (or generateName)"
        report.add("schema-name", meta.at("name"), message)
    meta.name("name", lambda value: rule(value, False), empty=True)
    if namespaced:  # the server clears the namespace of a cluster-scoped object
        meta.name("namespace", syntax.dns_label, empty=True)
    labels.check_template_meta(meta)
    _check_owners(meta)
    finalizers = meta.values("finalizers")
    for value, where in finalizers:
        report.name(where, value, syntax.qualified_name(value))
    if {"orphan", "foregroundDeletion"} <= {value for value, _ in finalizers}:
        message = "orphan and foregroundDeletion exclude each other"
        report.add("schema-cross-field", meta.at("finalizers"), message)
    meta.not_negative("generation", "deletionGracePeriodSeconds")


def _check_owners(meta: Fields) -> None:
    controllers = 0
    for owner in meta.items("ownerReferences"):
        report, version = owner.report, owner.get("apiVersion", "")
        owner.needs_all("apiVersion", "kind", "name", "uid")
        if version.count("/") > 1 or version.endswith("/"):
            wrong = "must be a version, or group/version"
            report.syntax(owner.at("apiVersion"), version, wrong)
        if version == "v1" and owner.get("kind") == "Event":
            report.add("schema-cross-field", owner.path, "an Event cannot own other objects")
        controllers += bool(owner.get("controller"))
        if owner.get("controller") and controllers == 2:
            message = "only one owner can be the controller"
            report.add("schema-cross-field", owner.at("controller"), message)
