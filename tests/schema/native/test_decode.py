"""Decoding: types, nulls, unknown fields, and texts with a form of their own."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.schema import native
from tests.schema.native.objects import container, one, pod, said, service, thing, workload


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (workload("Deployment", replicas="2"), "schema-wrong-type spec.replicas"),
        (workload("Deployment", replicas=2.0), "schema-wrong-type spec.replicas"),
        (workload("Deployment", replicas=True), "schema-wrong-type spec.replicas"),
        (workload("Deployment", replicas=2**31), "schema-wrong-type spec.replicas"),
        (workload("Deployment", paused="true"), "schema-wrong-type spec.paused"),
        (workload("Deployment", replicas=None, paused=None), ""),
        (workload("Deployment", replica=2), "schema-unknown-field spec.replica"),
        (workload("Deployment", Replicas=2), "schema-unknown-field spec.Replicas"),
        (thing("v1", "ConfigMap", data={"a": 1}), "schema-wrong-type data.a"),
        (thing("v1", "ConfigMap", data={"a": None}), ""),
        (thing("v1", "ConfigMap", data=[]), "schema-wrong-type data"),
        (thing("v1", "ConfigMap", binaryData={"a": "aGk="}), ""),
        (thing("v1", "ConfigMap", binaryData={"a": "aGk"}), "schema-format binaryData.a"),
        (thing("v1", "ConfigMap", binaryData={"a": "a-_="}), "schema-format binaryData.a"),
        (service({"port": 80, "targetPort": "http"}), ""),
        (service({"port": 80, "targetPort": 1.5}), "schema-wrong-type spec.ports[0].targetPort"),
        (service({"port": 80, "targetPort": 2**31}), "schema-wrong-type spec.ports[0].targetPort"),
        (pod(container(args=["a", None])), ""),
        (pod(container(args="a")), "schema-wrong-type spec.containers[0].args"),
        (pod(container(args=["a", 1])), "schema-wrong-type spec.containers[0].args[1]"),
        (thing("v1", "ConfigMap", status={}), "schema-unknown-field status"),
    ],
)
def test_types(data: dict[str, Any], expected: str) -> None:
    assert said(data) == one(expected)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2026-01-31T12:00:00Z", True),
        ("2026-01-31T12:00:00.5+02:00", True),
        (None, True),
        ("2026-01-31", False),
        ("2026-02-30T12:00:00Z", False),
        ("", False),
    ],
)
def test_times(text: str | None, good: bool) -> None:
    lease = thing("coordination.k8s.io/v1", "Lease")
    lease["metadata"]["creationTimestamp"] = text
    assert said(lease) == one("" if good else "schema-format metadata.creationTimestamp")


def test_micro_times_have_six_digits() -> None:
    spec = {"renewTime": "2026-01-31T12:00:00.123456Z"}
    assert said(thing("coordination.k8s.io/v1", "Lease", spec=spec)) == []
    spec = {"renewTime": "2026-01-31T12:00:00Z"}
    lease = thing("coordination.k8s.io/v1", "Lease", spec=spec)
    assert said(lease) == ["schema-format spec.renewTime"]


def test_an_unknown_field_names_its_likely_spelling() -> None:
    problem = native.validate(workload("Deployment", replcas=1))[0]
    assert problem.key
    assert '"replicas"' in problem.message


def test_a_wrong_type_does_not_hide_what_else_is_wrong() -> None:
    data = workload("Deployment", replicas="2", selector=None)
    assert said(data) == ["schema-wrong-type spec.replicas", "schema-missing-field spec.selector"]


def test_what_follows_from_a_value_that_is_not_decoded_is_not_reported() -> None:
    data = workload("Deployment")
    data["spec"]["template"]["metadata"]["labels"] = {"app": 1}
    assert said(data) == ["schema-wrong-type spec.template.metadata.labels.app"]
    moved = workload("Deployment", containers=[{"name": "a", "image": "a"}])
    del moved["spec"]["template"]["spec"]
    assert said(moved) == ["schema-unknown-field spec.containers"]
    pod = workload("Deployment")["spec"]["template"]["spec"]
    pod["containers"][0]["args"] = ["a", 1]
    pod["containers"][0]["volumeMounts"] = [{"name": "v", "mountPath": "/v"}]
    pod["volumes"] = [{"name": 1}]
    found = said(thing("v1", "Pod", spec=pod))
    assert found == [
        "schema-wrong-type spec.containers[0].args[1]",
        "schema-wrong-type spec.volumes[0].name",
    ]


def test_schemas_inside_definitions_are_read_without_strictness() -> None:
    inner = {"type": "string", "colour": "red"}
    root = {"type": "object", "properties": {"a": {"type": "array", "items": inner}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}}
    names = {"plural": "as", "kind": "A"}
    spec = {"group": "a.b", "scope": "Cluster", "names": names, "versions": [version]}
    data = thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec=spec)
    data["metadata"]["name"] = "as.a.b"
    assert said(data) == []
    root["colour"] = "red"
    where = "spec.versions[0].schema.openAPIV3Schema.colour"
    assert said(data) == [f"schema-unknown-field {where}"]
