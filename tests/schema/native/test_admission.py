"""Webhook configurations, admission policies, API services and custom resource definitions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.native.objects import one, said, thing

RULE = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
HOOK = {
    "name": "a.b.c", "sideEffects": "None", "admissionReviewVersions": ["v1"],
    "clientConfig": {"service": {"name": "s", "namespace": "n"}}, "rules": [RULE],
}  # fmt: skip
W = "webhooks[0]"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ""),
        ({"name": "a.b"}, f"schema-name {W}.name"),
        ({"sideEffects": None}, f"schema-missing-field {W}.sideEffects"),
        ({"sideEffects": "Some"}, f"schema-enum {W}.sideEffects"),
        ({"admissionReviewVersions": ["v2"]}, f"schema-native {W}.admissionReviewVersions"),
        ({"timeoutSeconds": 31}, f"schema-range {W}.timeoutSeconds"),
        ({"clientConfig": {}}, f"schema-missing-field {W}.clientConfig"),
        ({"clientConfig": {"url": "http://a"}}, f"schema-format {W}.clientConfig.url"),
        ({"clientConfig": {"service": {"name": "s", "namespace": "n", "path": "x"}}},
         f"schema-format {W}.clientConfig.service.path"),
        ({"rules": [{**RULE, "operations": ["create"]}]},
         f"schema-enum {W}.rules[0].operations[0]"),
        ({"rules": [{**RULE, "operations": ["*", "CREATE"]}]},
         f"schema-native {W}.rules[0].operations"),
        ({"rules": [{**RULE, "resources": [""]}]},
         f"schema-missing-field {W}.rules[0].resources[0]"),
        ({"rules": [{**RULE, "scope": "All"}]}, f"schema-enum {W}.rules[0].scope"),
        ({"matchConditions": [{"name": "m", "expression": "request.operation == 'CREATE'"}]}, ""),
        ({"matchConditions": [{"name": "m", "expression": "nothing.known"}]},
         f"schema-cross-field {W}.matchConditions[0].expression"),
    ],
)  # fmt: skip
def test_webhooks(more: dict[str, Any], expected: str) -> None:
    kind = ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration")
    assert said(thing(*kind, webhooks=[{**HOOK, **more}])) == one(expected)


def validation(expression: str, **more: Any) -> dict[str, Any]:
    constraints = {"resourceRules": [RULE]}
    checked = [{"expression": expression, **more}]
    return {"matchConstraints": constraints, "validations": checked}


X = "spec.validations[0].expression"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (validation("object.spec.replicas <= 5"), ""),
        (validation("object.spec.?replicas.orValue(1) <= 5"), ""),
        (validation("authorizer.group('').resource('pods').check('get').allowed()"), ""),
        (validation("variables.a && params.b"), f"schema-cross-field {X}"),
        (validation("variables.a"), f"schema-cross-field {X}"),
        ({**validation("variables.a"), "variables": [{"name": "a", "expression": "true"}]}, ""),
        (validation("object.a <="), f"schema-cross-field {X}"),
        (validation("object.spec.replicas"), f"schema-cross-field {X}"),
        (validation("'text'"), f"schema-cross-field {X}"),
        (validation(" "), f"schema-missing-field {X}"),
        (validation("true", reason="Because"), "schema-enum spec.validations[0].reason"),
        ({"matchConstraints": {"resourceRules": [RULE]}}, "schema-missing-field spec.validations"),
        ({**validation("true"), "matchConstraints": None},
         "schema-missing-field spec.matchConstraints"),
    ],
)  # fmt: skip
def test_policies(spec: dict[str, Any], expected: str) -> None:
    kind = ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy")
    assert said(thing(*kind, spec=spec)) == one(expected)


API = {"group": "a.b", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1,
       "service": {"name": "s", "namespace": "n"}}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ""),
        ({"versionPriority": 1001}, "schema-range spec.versionPriority"),
        ({"service": {"name": "s"}}, "schema-missing-field spec.service.namespace"),
        ({"insecureSkipTLSVerify": True, "caBundle": "aGk="},
         "schema-native spec.insecureSkipTLSVerify"),
    ],
)  # fmt: skip
def test_api_services(more: dict[str, Any], expected: str) -> None:
    data = thing("apiregistration.k8s.io/v1", "APIService", spec={**API, **more})
    data["metadata"]["name"] = "v1.a.b"
    assert said(data) == one(expected)


def definition(properties: dict[str, Any], **spec: Any) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "properties": properties}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    base = {"group": "a.b", "scope": "Namespaced", "names": {"plural": "xs", "kind": "X"},
            "versions": [version]}  # fmt: skip
    kind = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    return {**thing(*kind, spec={**base, **spec}), "metadata": {"name": "xs.a.b"}}


A = "spec.versions[0].schema.openAPIV3Schema.properties.a"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, ""),
        ({}, f"schema-missing-field {A}.type"),
        ({"type": "text"}, f"schema-enum {A}.type"),
        ({"x-kubernetes-int-or-string": True}, ""),
        ({"type": "array"}, f"schema-missing-field {A}.items"),
        ({"type": "string", "default": 1}, f"schema-wrong-type {A}.default"),
        ({"type": "object", "default": {"b": 1}}, f"schema-unknown-field {A}.default.b"),
        ({"type": "object", "properties": {"b": {"type": "string"}},
          "additionalProperties": {"type": "string"}}, f"schema-native {A}.additionalProperties"),
        ({"type": "string", "anyOf": [{"type": "string"}]}, f"schema-native {A}.anyOf[0].type"),
        ({"type": "string", "x-kubernetes-validations": [{"rule": "self.size() > 1"}]}, ""),
        ({"type": "string", "x-kubernetes-validations": [{"rule": "it.size() > 1"}]},
         f"schema-cross-field {A}.x-kubernetes-validations[0].rule"),
        ({"type": "integer", "default": 3, "maximum": 2}, f"schema-range {A}.default"),
        ({"type": "integer", "default": 3, "x-kubernetes-validations": [{"rule": "self < 3"}]},
         f"schema-cross-field {A}.default"),
        ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
         ""),
        ({"type": "string", "x-kubernetes-validations": [
            {"rule": "self == 'a'", "optionalOldSelf": True}]},
         f"schema-native {A}.x-kubernetes-validations[0].optionalOldSelf"),
        ({"type": "string", "x-kubernetes-list-type": "set"},
         f"schema-native {A}.x-kubernetes-list-type"),
        ({"type": "array", "items": {"type": "object", "properties": {"k": {"type": "string"}}},
          "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]},
         f"schema-native {A}.x-kubernetes-list-map-keys[0]"),
    ],
)  # fmt: skip
def test_definition_schemas(schema: dict[str, Any], expected: str) -> None:
    assert said(definition({"a": schema})) == one(expected)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"group": "b"}, ["schema-name metadata.name", "schema-name spec.group"]),
        ({"scope": "Global"}, ["schema-enum spec.scope"]),
        ({"versions": []}, ["schema-native spec.versions"]),
        ({"names": {"plural": "xs"}}, ["schema-missing-field spec.names.singular",
                                      "schema-missing-field spec.names.kind",
                                      "schema-missing-field spec.names.listKind"]),
        ({"conversion": {}}, ["schema-missing-field spec.conversion.strategy"]),
        ({"conversion": {"strategy": "Webhook"}},
         ["schema-missing-field spec.conversion.webhook.clientConfig",
          "schema-missing-field spec.conversion.webhook.conversionReviewVersions"]),
    ],
)  # fmt: skip
def test_definitions(spec: dict[str, Any], expected: list[str]) -> None:
    assert said(definition({}, **spec)) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ({"apiVersion": "v1", "kind": "ConfigMap"}, ""),
        (None, "schema-cross-field spec.matchConditions[0].expression"),
    ],
)
def test_conditions_of_a_policy_know_its_parameters(
    kind: dict[str, str] | None, expected: str
) -> None:
    spec: dict[str, Any] = {
        "matchConstraints": {"resourceRules": [RULE]},
        "matchConditions": [{"name": "m", "expression": "params.data.a == 'b'"}],
        "validations": [{"expression": "true"}],
    }
    if kind is not None:
        spec["paramKind"] = kind
    policy = thing("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", spec=spec)
    assert said(policy) == one(expected)
