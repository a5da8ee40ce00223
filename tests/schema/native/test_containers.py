"""Containers: names, ports, env, mounts, probes, resources, security."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.native.objects import container, one, pod, said, workload

C = "spec.containers[0]"
HTTP = {"httpGet": {"port": 80}}
LABEL = "metadata.labels['a']"
MOUNT = {"name": "v", "mountPath": "/v"}


def secret_ref(**more: Any) -> dict[str, Any]:
    return {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", **more}}}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"name": ""}, f"schema-missing-field {C}.name"),
        ({"name": "A"}, f"schema-name {C}.name"),
        ({"name": "c" * 64}, f"schema-name {C}.name"),
        ({"image": None}, f"schema-missing-field {C}.image"),
        ({"imagePullPolicy": "Sometimes"}, f"schema-enum {C}.imagePullPolicy"),
        ({"restartPolicy": "Maybe"}, f"schema-enum {C}.restartPolicy"),
        # ports
        ({"ports": [{"containerPort": 80}, {"containerPort": 80}]}, ""),
        ({"ports": [{}]}, f"schema-missing-field {C}.ports[0].containerPort"),
        ({"ports": [{"containerPort": 70000}]}, f"schema-range {C}.ports[0].containerPort"),
        ({"ports": [{"containerPort": 1, "protocol": "tcp"}]},
         f"schema-enum {C}.ports[0].protocol"),
        ({"ports": [{"containerPort": 1, "name": "80"}]}, f"schema-name {C}.ports[0].name"),
        ({"ports": [{"containerPort": 1, "name": "a--b"}]}, f"schema-name {C}.ports[0].name"),
        (
            {"ports": [{"containerPort": n, "name": "a"} for n in (1, 2)]},
            f"schema-duplicate-item {C}.ports[1].name",
        ),
        (
            {"ports": [{"containerPort": n, "hostPort": 9} for n in (1, 2)]},
            f"schema-duplicate-item {C}.ports[1].hostPort",
        ),
        # env
        ({"env": [{"name": "A", "value": "1"}, {"name": "A"}]}, ""),
        ({"env": [{"value": "1"}]}, f"schema-missing-field {C}.env[0].name"),
        ({"env": [{"name": "A=B"}]}, f"schema-name {C}.env[0].name"),
        ({"env": [{"name": "A", "valueFrom": {}}]}, f"schema-native {C}.env[0].valueFrom"),
        ({"env": [{**secret_ref(), "value": "1"}]}, f"schema-native {C}.env[0].valueFrom"),
        ({"env": [{**secret_ref(), "value": ""}]}, ""),
        (
            {"env": [secret_ref(key="a b")]},
            f"schema-format {C}.env[0].valueFrom.secretKeyRef.key",
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.phase"}}}]},
            f"schema-enum {C}.env[0].valueFrom.fieldRef.fieldPath",
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": LABEL}}}]},
            "",
        ),
        ({"envFrom": [{}]}, f"schema-native {C}.envFrom[0]"),
        ({"envFrom": [{"secretRef": {}}]}, f"schema-missing-field {C}.envFrom[0].secretRef.name"),
        # mounts
        ({"volumeMounts": [MOUNT]}, f"schema-native {C}.volumeMounts[0].name"),
        # probes and hooks
        ({"livenessProbe": {}}, f"schema-missing-field {C}.livenessProbe"),
        ({"livenessProbe": {**HTTP, "successThreshold": 2}},
         f"schema-range {C}.livenessProbe.successThreshold"),
        ({"readinessProbe": {**HTTP, "successThreshold": 2}}, ""),
        ({"readinessProbe": {**HTTP, "terminationGracePeriodSeconds": 5}},
         f"schema-native {C}.readinessProbe.terminationGracePeriodSeconds"),
        ({"startupProbe": {**HTTP, "tcpSocket": {"port": 1}}},
         f"schema-native {C}.startupProbe.tcpSocket"),
        ({"startupProbe": {"httpGet": {"port": "8080"}}},
         f"schema-format {C}.startupProbe.httpGet.port"),
        ({"startupProbe": {"grpc": {"port": 0}}}, f"schema-range {C}.startupProbe.grpc.port"),
        ({"startupProbe": {"exec": {"command": []}}},
         f"schema-missing-field {C}.startupProbe.exec.command"),
        ({"startupProbe": {**HTTP, "periodSeconds": -1}},
         f"schema-range {C}.startupProbe.periodSeconds"),
        ({"lifecycle": {"preStop": {"sleep": {"seconds": 31}}}},
         f"schema-range {C}.lifecycle.preStop.sleep.seconds"),
        ({"lifecycle": {"preStop": {}}}, f"schema-missing-field {C}.lifecycle.preStop"),
        # resources
        ({"resources": {"requests": {"cpu": 2}, "limits": {"cpu": 1}}},
         f"schema-range {C}.resources.requests.cpu"),
        ({"resources": {"requests": {"google.com/tpu": 4}}},
         f'schema-missing-field {C}.resources.limits["google.com/tpu"]'),
        ({"resources": {"limits": {"google.com/tpu": 4}}}, ""),
        ({"resources": {"limits": {"google.com/tpu": "500m"}}},
         f'schema-quantity {C}.resources.limits["google.com/tpu"]'),
        ({"resources": {"limits": {"tpu": 4}}}, f"schema-name {C}.resources.limits.tpu"),
        ({"resources": {"limits": {"pods": 4}}}, f"schema-name {C}.resources.limits.pods"),
        ({"resources": {"limits": {"hugepages-2Mi": "2Mi"}}}, f"schema-native {C}.resources"),
        ({"resources": {"limits": {"hugepages-2Mi": "3Mi", "cpu": 1}}},
         f"schema-quantity {C}.resources.limits.hugepages-2Mi"),
        ({"resources": {"claims": [{"name": "gpu"}]}},
         f"schema-native {C}.resources.claims[0].name"),
        # security
        ({"securityContext": {"runAsUser": -1}}, f"schema-range {C}.securityContext.runAsUser"),
        ({"securityContext": {"allowPrivilegeEscalation": False, "privileged": True}},
         f"schema-native {C}.securityContext.allowPrivilegeEscalation"),
        ({"securityContext": {"seccompProfile": {"type": "Localhost"}}},
         f"schema-missing-field {C}.securityContext.seccompProfile.localhostProfile"),
        ({"securityContext": {"procMount": "Unmasked"}},
         f"schema-native {C}.securityContext.procMount"),
    ],
)  # fmt: skip
def test_one_container(more: dict[str, Any], expected: str) -> None:
    assert said(pod(container(**more))) == one(expected)


def test_names_are_shared_with_init_containers() -> None:
    data = pod(initContainers=[container()])
    assert said(data) == ["schema-duplicate-item spec.initContainers[0].name"]


def test_only_sidecars_have_probes() -> None:
    init = container(name="i", readinessProbe=HTTP)
    where = "spec.initContainers[0].readinessProbe"
    assert said(pod(initContainers=[init])) == [f"schema-native {where}"]
    assert said(pod(initContainers=[{**init, "restartPolicy": "Always"}])) == []


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ([MOUNT], ""),
        ([MOUNT, {**MOUNT, "mountPath": "/w"}], ""),
        ([MOUNT, MOUNT], f"schema-duplicate-item {C}.volumeMounts[1].mountPath"),
        ([{"name": "v"}], f"schema-missing-field {C}.volumeMounts[0].mountPath"),
        ([{**MOUNT, "subPath": "/a"}], f"schema-format {C}.volumeMounts[0].subPath"),
        ([{**MOUNT, "subPath": "a/../b"}], f"schema-format {C}.volumeMounts[0].subPath"),
        ([{**MOUNT, "mountPropagation": "Bidirectional"}],
         f"schema-native {C}.volumeMounts[0].mountPropagation"),
        ([{**MOUNT, "recursiveReadOnly": "Enabled"}],
         f"schema-native {C}.volumeMounts[0].recursiveReadOnly"),
    ],
)  # fmt: skip
def test_mounts(mounts: list[dict[str, Any]], expected: str) -> None:
    data = pod(container(volumeMounts=mounts), volumes=[{"name": "v"}])
    assert said(data) == one(expected)


def test_block_devices_come_from_claims() -> None:
    mine = container(volumeDevices=[{"name": "v", "devicePath": "/dev/v"}])
    claim = {"name": "v", "persistentVolumeClaim": {"claimName": "p"}}
    assert said(pod(mine, volumes=[claim])) == []
    assert said(pod(mine, volumes=[{"name": "v", "emptyDir": {}}])) == [
        f"schema-native {C}.volumeDevices[0].name"
    ]


def test_white_space_around_an_image_matters_in_pods_only() -> None:
    image = container(image=" i ")
    assert said(pod(image)) == [f"schema-format {C}.image"]
    data = workload("Deployment")
    data["spec"]["template"]["spec"]["containers"] = [image]
    assert said(data) == []


def test_host_ports_on_the_host_network() -> None:
    port = {"containerPort": 80, "hostPort": 81}
    data = pod(container(ports=[port]), hostNetwork=True)
    assert said(data) == [f"schema-native {C}.ports[0].hostPort"]
