"""Role, ClusterRole and their bindings."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import labels, syntax
from stackgen.schema.native.report import Report, show

_GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("Group", "ServiceAccount", "User")


def check_role(data: dict[str, Any], report: Report) -> None:
    for i, rule in enumerate(data.get("rules") or ()):
        _check_rule(rule, True, ("rules", i), report)


def check_cluster_role(data: dict[str, Any], report: Report) -> None:
    for i, rule in enumerate(data.get("rules") or ()):
        _check_rule(rule, False, ("rules", i), report)
    if "aggregationRule" in data:
        selectors = data["aggregationRule"].get("clusterRoleSelectors") or ()
        where = ("aggregationRule", "clusterRoleSelectors")
        if not selectors:
            report.required(where, "at least one selector")
        for i, selector in enumerate(selectors):
            labels.check_selector(selector, (*where, i), report)


def _check_rule(rule: dict[str, Any], namespaced: bool, path: Path, report: Report) -> None:
    if not rule.get("verbs"):
        report.required((*path, "verbs"), "at least one verb")
    if rule.get("nonResourceURLs"):
        where = (*path, "nonResourceURLs")
        if namespaced:
            report.wrong(where, "only a ClusterRole can name URLs")
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            report.wrong(where, "a rule is about resources or about URLs, not both")
        return
    if not rule.get("apiGroups"):
        report.required((*path, "apiGroups"), 'at least one ("" is the core group)')
    if not rule.get("resources"):
        report.required((*path, "resources"), "at least one resource")


def check_role_binding(data: dict[str, Any], report: Report) -> None:
    _check_binding(data, ("ClusterRole", "Role"), True, report)


def check_cluster_role_binding(data: dict[str, Any], report: Report) -> None:
    _check_binding(data, ("ClusterRole",), False, report)


def _check_binding(
    data: dict[str, Any], kinds: tuple[str, ...], namespaced: bool, report: Report
) -> None:
    ref = data.get("roleRef") or {}
    group = ref.get("apiGroup") or _GROUP
    if group != _GROUP:
        report.enum(("roleRef", "apiGroup"), group, (_GROUP,))
    if ref.get("kind", "") not in kinds:
        report.enum(("roleRef", "kind"), ref.get("kind", ""), kinds)
    name = ref.get("name", "")
    if not name:
        report.required(("roleRef", "name"))
    elif name in (".", "..") or "/" in name or "%" in name:
        wrong = "must not be '.' or '..' nor contain '/' or '%'"
        report.name(("roleRef", "name"), name, wrong)
    for i, subject in enumerate(data.get("subjects") or ()):
        _check_subject(subject, namespaced, ("subjects", i), report)


def _check_subject(subject: dict[str, Any], namespaced: bool, path: Path, report: Report) -> None:
    kind, name = subject.get("kind", ""), subject.get("name", "")
    if not name:
        report.required((*path, "name"))
    group = subject.get("apiGroup", "")
    if kind == "ServiceAccount":
        if name and syntax.dns_subdomain(name):
            report.name((*path, "name"), name, syntax.dns_subdomain(name))
        if group:
            message = f"must be empty for a ServiceAccount, is {show(group)}"
            report.add("schema-enum", (*path, "apiGroup"), message)
        if not namespaced and not subject.get("namespace"):
            report.required((*path, "namespace"), "a ServiceAccount lives in one")
    elif kind in ("Group", "User"):
        if group and group != _GROUP:
            report.enum((*path, "apiGroup"), group, (_GROUP,))
    else:
        report.enum((*path, "kind"), kind, _SUBJECTS)
