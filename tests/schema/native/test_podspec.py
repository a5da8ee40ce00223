"""The pod spec beyond its containers: volumes, scheduling, names, DNS."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.native.objects import container, one, pod, said

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
V = "spec.volumes[0]"
T = "spec.tolerations[0]"
S = "spec.topologySpreadConstraints[0]"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({}, ""),
        ({"emptyDir": {"sizeLimit": "1Gi"}}, ""),
        ({"emptyDir": {"sizeLimit": "-1Gi"}}, f"schema-quantity {V}.emptyDir.sizeLimit"),
        ({"emptyDir": {}, "secret": {"secretName": "s"}}, f"schema-native {V}.secret"),
        ({"secret": {}}, f"schema-missing-field {V}.secret.secretName"),
        ({"secret": {"secretName": "s", "defaultMode": 512}},
         f"schema-range {V}.secret.defaultMode"),
        ({"configMap": {"name": "c", "items": [{"key": "k", "path": "../k"}]}},
         f"schema-format {V}.configMap.items[0].path"),
        ({"hostPath": {"path": "/a/../b"}}, f"schema-format {V}.hostPath.path"),
        ({"hostPath": {"path": "/a", "type": "Folder"}}, f"schema-enum {V}.hostPath.type"),
        ({"persistentVolumeClaim": {}},
         f"schema-missing-field {V}.persistentVolumeClaim.claimName"),
        ({"nfs": {"server": "s", "path": "p"}}, f"schema-format {V}.nfs.path"),
        ({"csi": {}}, f"schema-missing-field {V}.csi.driver"),
        ({"image": {}}, f"schema-missing-field {V}.image.reference"),
        ({"projected": {"sources": [{}]}}, ""),
        ({"projected": {"sources": [{"serviceAccountToken": {"path": "t",
                                                             "expirationSeconds": 60}}]}},
         f"schema-range {V}.projected.sources[0].serviceAccountToken.expirationSeconds"),
        ({"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "spec.nodeName"}}]}},
         f"schema-enum {V}.downwardAPI.items[0].fieldRef.fieldPath"),
        ({"ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"]}}}},
         f"schema-missing-field {V}.ephemeral.volumeClaimTemplate.spec.resources.requests.storage"),
    ],
)  # fmt: skip
def test_volume_sources(source: dict[str, Any], expected: str) -> None:
    assert said(pod(volumes=[{"name": "v", **source}])) == one(expected)


def test_volume_names() -> None:
    assert said(pod(volumes=[{"name": "V"}])) == [f"schema-name {V}.name"]
    twice = pod(volumes=[{"name": "v"}, {"name": "v"}])
    assert said(twice) == ["schema-duplicate-item spec.volumes[1].name"]


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"operator": "Exists"}, ""),
        ({}, f"schema-native {T}.operator"),
        ({"key": "a", "value": "b"}, ""),
        ({"key": "a", "operator": "Exists", "value": "b"}, f"schema-native {T}.value"),
        ({"key": "a", "operator": "In"}, f"schema-enum {T}.operator"),
        ({"key": "a", "effect": "Never"}, f"schema-enum {T}.effect"),
        ({"key": "a", "tolerationSeconds": 5}, f"schema-native {T}.effect"),
        ({"key": "a b", "operator": "Exists"}, f"schema-label {T}.key"),
    ],
)
def test_tolerations(toleration: dict[str, Any], expected: str) -> None:
    assert said(pod(tolerations=[toleration])) == one(expected)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ""),
        ({"maxSkew": 0}, f"schema-range {S}.maxSkew"),
        ({"topologyKey": ""}, f"schema-missing-field {S}.topologyKey"),
        ({"whenUnsatisfiable": "Wait"}, f"schema-enum {S}.whenUnsatisfiable"),
        ({"minDomains": 2, "whenUnsatisfiable": "ScheduleAnyway"}, f"schema-native {S}.minDomains"),
        ({"matchLabelKeys": ["a"]}, f"schema-native {S}.matchLabelKeys"),
        ({"nodeTaintsPolicy": "Maybe"}, f"schema-enum {S}.nodeTaintsPolicy"),
    ],
)
def test_topology_spread(more: dict[str, Any], expected: str) -> None:
    assert said(pod(topologySpreadConstraints=[{**SPREAD, **more}])) == one(expected)


def test_spreading_twice_over_the_same_key() -> None:
    data = pod(topologySpreadConstraints=[SPREAD, SPREAD])
    assert said(data) == ["schema-duplicate-item spec.topologySpreadConstraints[1]"]


def node_affinity(*expressions: dict[str, Any]) -> dict[str, Any]:
    terms = [{"matchExpressions": list(expressions)}] if expressions else []
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}}


NODE = f"spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"


@pytest.mark.parametrize(
    ("affinity", "expected"),
    [
        (node_affinity({"key": "a", "operator": "In", "values": ["b"]}), ""),
        (node_affinity(), f"schema-missing-field {NODE}"),
        (node_affinity({"key": "a", "operator": "In"}),
         f"schema-missing-field {NODE}[0].matchExpressions[0].values"),
        (node_affinity({"key": "a", "operator": "Exists", "values": ["b"]}),
         f"schema-native {NODE}[0].matchExpressions[0].values"),
        (node_affinity({"key": "a", "operator": "Gt", "values": ["1", "2"]}),
         f"schema-missing-field {NODE}[0].matchExpressions[0].values"),
        (node_affinity({"key": "a", "operator": "Is", "values": ["1"]}),
         f"schema-enum {NODE}[0].matchExpressions[0].operator"),
        ({"podAntiAffinity": {REQUIRED: [{"labelSelector": {}}]}},
         f"schema-missing-field spec.affinity.podAntiAffinity.{REQUIRED}[0].topologyKey"),
        ({"podAffinity": {PREFERRED: [{"weight": 101, "podAffinityTerm": {"topologyKey": "a"}}]}},
         f"schema-range spec.affinity.podAffinity.{PREFERRED}[0].weight"),
    ],
)  # fmt: skip
def test_affinity(affinity: dict[str, Any], expected: str) -> None:
    assert said(pod(affinity=affinity)) == one(expected)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": []}, "schema-missing-field spec.containers"),
        ({"restartPolicy": "always"}, "schema-enum spec.restartPolicy"),
        ({"dnsPolicy": "None"}, "schema-missing-field spec.dnsConfig.nameservers"),
        ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"]}}, ""),
        ({"dnsConfig": {"nameservers": ["one"]}}, "schema-format spec.dnsConfig.nameservers[0]"),
        ({"dnsConfig": {"searches": ["a_b.c."]}}, ""),
        ({"hostAliases": [{"ip": "300.1.1.1"}]}, "schema-format spec.hostAliases[0].ip"),
        ({"hostname": "A"}, "schema-name spec.hostname"),
        ({"serviceAccountName": "a_b"}, "schema-name spec.serviceAccountName"),
        ({"serviceAccount": "a_b"}, "schema-name spec.serviceAccount"),
        ({"serviceAccount": "a_b", "serviceAccountName": "a"}, ""),
        ({"nodeSelector": {"a": "b c"}}, "schema-label spec.nodeSelector.a"),
        ({"activeDeadlineSeconds": 0}, "schema-range spec.activeDeadlineSeconds"),
        ({"os": {"name": "plan9"}}, "schema-enum spec.os.name"),
        ({"os": {"name": "windows"}, "hostPID": True}, "schema-native spec.hostPID"),
        ({"securityContext": {"fsGroup": 2**31}}, "schema-range spec.securityContext.fsGroup"),
        ({"securityContext": {"sysctls": [{"name": "a b"}]}},
         "schema-name spec.securityContext.sysctls[0].name"),
        ({"schedulingGates": [{"name": "a"}, {"name": "a"}]},
         "schema-duplicate-item spec.schedulingGates[1]"),
        ({"resourceClaims": [{"name": "a"}]}, "schema-native spec.resourceClaims[0]"),
        ({"ephemeralContainers": [{"name": "e", "image": "i"}]},
         "schema-native spec.ephemeralContainers"),
        ({"priorityClassName": "A"}, "schema-name spec.priorityClassName"),
    ],
)  # fmt: skip
def test_other_fields(spec: dict[str, Any], expected: str) -> None:
    assert said(pod(**spec)) == one(expected)


def test_resources_of_the_pod_cover_its_containers() -> None:
    asks = container(resources={"requests": {"cpu": 2}})
    assert said(pod(asks, resources={"requests": {"cpu": 2}})) == []
    assert said(pod(asks, resources={"requests": {"cpu": 1}})) == [
        "schema-range spec.resources.requests.cpu"
    ]
    assert said(pod(asks, resources={"limits": {"google.com/tpu": 4}})) == [
        'schema-name spec.resources.limits["google.com/tpu"]'
    ]
