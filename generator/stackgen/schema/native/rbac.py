"""Role, ClusterRole and their bindings."""

from __future__ import annotations

from stackgen.schema import syntax
from stackgen.schema.native import labels
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show

_GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("Group", "ServiceAccount", "User")


def check_role(data: Fields) -> None:
    for rule in data.items("rules"):
        _check_rule(rule)
        rule.unwanted("only a ClusterRole can name URLs", "nonResourceURLs")


def check_cluster_role(data: Fields) -> None:
    for rule in data.items("rules"):
        _check_rule(rule)
    if "aggregationRule" in data:
        aggregation = data.inner("aggregationRule")
        aggregation.needs("clusterRoleSelectors", "at least one selector")
        for selector in aggregation.items("clusterRoleSelectors"):
            labels.check_selector(selector)


def _check_rule(rule: Fields) -> None:
    rule.needs("verbs", "at least one verb")
    if rule.get("nonResourceURLs"):
        if any(rule.get(field) for field in ("apiGroups", "resources", "resourceNames")):
            rule.wrong("nonResourceURLs", "a rule is about resources or about URLs, not both")
        return
    rule.needs("apiGroups", 'at least one ("" is the core group)')
    rule.needs("resources", "at least one resource")


def check_role_binding(data: Fields) -> None:
    _check_binding(data, ("ClusterRole", "Role"), True)


def check_cluster_role_binding(data: Fields) -> None:
    _check_binding(data, ("ClusterRole",), False)


def _check_binding(data: Fields, kinds: tuple[str, ...], namespaced: bool) -> None:
    ref = data.inner("roleRef")
    ref.enum("apiGroup", (_GROUP,), empty=True)
    ref.report.enum(ref.at("kind"), ref.get("kind", ""), kinds)
    ref.needs_name("name", syntax.path_segment)
    for subject in data.items("subjects"):
        _check_subject(subject, namespaced)


def _check_subject(subject: Fields, namespaced: bool) -> None:
    kind, group = subject.get("kind", ""), subject.get("apiGroup", "")
    subject.needs("name")
    if kind == "ServiceAccount":
        subject.name("name", syntax.dns_subdomain, empty=True)
        if group:
            message = f"must be empty for a ServiceAccount, is {show(group)}"
            subject.report.add("schema-enum", subject.at("apiGroup"), message)
        if not namespaced:
            subject.needs("namespace", "a ServiceAccount lives in one")
    elif kind in ("Group", "User"):
        subject.enum("apiGroup", (_GROUP,), empty=True)
    else:
        subject.report.enum(subject.at("kind"), kind, _SUBJECTS)
