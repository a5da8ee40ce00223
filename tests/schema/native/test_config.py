"""ConfigMap, Secret, Namespace, RBAC, and object metadata of built-in kinds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.native.objects import one, said, thing, workload

RBAC = "rbac.authorization.k8s.io/v1"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": {"a.b-c_D": ""}}, ""),
        ({"data": {"a b": ""}}, 'schema-format data["a b"]'),
        ({"data": {"..": ""}}, 'schema-format data[".."]'),
        ({"data": {"a": ""}, "binaryData": {"a": ""}}, "schema-duplicate-item data.a"),
        ({"data": {"a": "x" * (1 << 20)}}, ""),
        ({"data": {"a": "x" * (1 << 20), "b": "x"}}, "schema-length data"),
    ],
)
def test_config_maps(body: dict[str, Any], expected: str) -> None:
    assert said(thing("v1", "ConfigMap", **body)) == one(expected)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("", {}, ""),
        ("kubernetes.io/tls", {"tls.crt": "a"}, 'schema-missing-field data["tls.key"]'),
        ("kubernetes.io/tls", {"tls.crt": "a", "tls.key": None}, ""),
        ("kubernetes.io/basic-auth", {"username": "u"}, ""),
        ("kubernetes.io/basic-auth", {"user": "u"}, "schema-missing-field data.username"),
        ("kubernetes.io/ssh-auth", {}, "schema-missing-field data.ssh-privatekey"),
        ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": "{}"}, ""),
        ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": "{"},
         'schema-format stringData[".dockerconfigjson"]'),
        ("kubernetes.io/service-account-token", {},
         'schema-missing-field metadata.annotations["kubernetes.io/service-account.name"]'),
        ("example.com/own", {"anything": ""}, ""),
    ],
)  # fmt: skip
def test_secrets(kind: str, values: dict[str, Any], expected: str) -> None:
    assert said(thing("v1", "Secret", type=kind, stringData=values)) == one(expected)


def named(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {**data, "metadata": {"name": name}}


@pytest.mark.parametrize(
    ("data", "good", "bad"),
    [
        (thing("v1", "ConfigMap"), "a.b", "A"),
        (thing("v1", "Namespace"), "a", "a.b"),
        (workload("StatefulSet"), "a", "a.b"),
        (workload("Deployment"), "a.b", "a_b"),
        (thing(RBAC, "Role"), "system:A_b", "a/b"),
        (thing("policy/v1", "PodDisruptionBudget"), "Any Name", ".."),
    ],
)
def test_names(data: dict[str, Any], good: str, bad: str) -> None:
    assert said(named(data, good)) == []
    assert said(named(data, bad)) == ["schema-name metadata.name"]


def test_limit_ranges_are_named_by_the_server() -> None:
    assert said({"apiVersion": "v1", "kind": "LimitRange", "metadata": {}}) == []
    nameless = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}
    assert said(nameless) == ["schema-name metadata.name"]


def test_finalizers_of_built_in_kinds_have_a_domain() -> None:
    data = thing("v1", "ConfigMap")
    data["metadata"]["finalizers"] = ["foo"]
    assert said(data) == ["schema-name metadata.finalizers[0]"]
    data["metadata"]["finalizers"] = ["foo.io/bar", "orphan"]
    assert said(data) == []


def test_levels_of_pod_security() -> None:
    data = thing("v1", "Namespace")
    data["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "strict"}
    where = 'metadata.labels["pod-security.kubernetes.io/enforce"]'
    assert said(data) == [f"schema-label {where}"]
    data["metadata"]["labels"] = {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "v1.36",
    }
    assert said(data) == []


PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


@pytest.mark.parametrize(
    ("kind", "rule", "expected"),
    [
        ("Role", PODS, ""),
        ("Role", {**PODS, "verbs": []}, "schema-missing-field rules[0].verbs"),
        ("Role", {**PODS, "apiGroups": []}, "schema-missing-field rules[0].apiGroups"),
        ("Role", {**PODS, "resources": None}, "schema-missing-field rules[0].resources"),
        ("Role", {"verbs": ["get"], "nonResourceURLs": ["/x"]},
         "schema-native rules[0].nonResourceURLs"),
        ("ClusterRole", {"verbs": ["get"], "nonResourceURLs": ["/x"]}, ""),
        ("ClusterRole", {**PODS, "nonResourceURLs": ["/x"]},
         "schema-native rules[0].nonResourceURLs"),
    ],
)  # fmt: skip
def test_roles(kind: str, rule: dict[str, Any], expected: str) -> None:
    assert said(thing(RBAC, kind, rules=[rule])) == one(expected)


@pytest.mark.parametrize(
    ("kind", "ref", "subject", "expected"),
    [
        ("RoleBinding", {"kind": "Role", "name": "r"}, {"kind": "User", "name": "u"}, ""),
        ("RoleBinding", {"kind": "Role"}, {"kind": "User", "name": "u"},
         "schema-missing-field roleRef.name"),
        ("ClusterRoleBinding", {"kind": "Role", "name": "r"}, {"kind": "User", "name": "u"},
         "schema-enum roleRef.kind"),
        ("RoleBinding", {"kind": "Role", "name": "r"}, {"kind": "Robot", "name": "u"},
         "schema-enum subjects[0].kind"),
        ("RoleBinding", {"kind": "Role", "name": "r"}, {"kind": "ServiceAccount", "name": "s"}, ""),
        ("ClusterRoleBinding", {"kind": "ClusterRole", "name": "r"},
         {"kind": "ServiceAccount", "name": "s"}, "schema-missing-field subjects[0].namespace"),
        ("RoleBinding", {"kind": "Role", "name": "r"},
         {"kind": "ServiceAccount", "name": "s", "apiGroup": "rbac.authorization.k8s.io"},
         "schema-enum subjects[0].apiGroup"),
    ],
)  # fmt: skip
def test_bindings(kind: str, ref: dict[str, Any], subject: dict[str, Any], expected: str) -> None:
    assert said(thing(RBAC, kind, roleRef=ref, subjects=[subject])) == one(expected)
