"""Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.native.objects import container, job, one, said, template, thing, workload

CLAIM: dict[str, Any] = {
    "metadata": {"name": "v"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])
def test_selectors(kind: str) -> None:
    assert said(workload(kind)) == []
    where = "spec.template.metadata.labels"
    assert said(workload(kind, selector=None)) == ["schema-missing-field spec.selector"]
    assert said(workload(kind, selector={})) == ["schema-native spec.selector"]
    other = {"matchLabels": {"app": "y"}}
    assert said(workload(kind, selector=other)) == [f"schema-native {where}"]
    absent = {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}
    assert said(workload(kind, selector=absent)) == [f"schema-native {where}"]
    among = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["x", "y"]}]}
    assert said(workload(kind, selector=among)) == []


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])
def test_pods_restart_always(kind: str) -> None:
    data = workload(kind, template=template(restartPolicy="Never"))
    assert said(data) == ["schema-enum spec.template.spec.restartPolicy"]
    data = workload(kind, template=template(activeDeadlineSeconds=5))
    assert said(data) == ["schema-native spec.template.spec.activeDeadlineSeconds"]


ROLL = "spec.strategy.rollingUpdate"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"replicas": -1}, "schema-range spec.replicas"),
        ({"progressDeadlineSeconds": 10, "minReadySeconds": 10},
         "schema-range spec.progressDeadlineSeconds"),
        ({"strategy": {"type": "Fast"}}, "schema-enum spec.strategy.type"),
        ({"strategy": {"type": "Recreate", "rollingUpdate": {}}}, f"schema-native {ROLL}"),
        ({"strategy": {"rollingUpdate": {"maxSurge": "200%"}}}, ""),
        ({"strategy": {"rollingUpdate": {"maxUnavailable": "101%"}}},
         f"schema-range {ROLL}.maxUnavailable"),
        ({"strategy": {"rollingUpdate": {"maxSurge": "2"}}}, f"schema-format {ROLL}.maxSurge"),
        ({"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}},
         f"schema-native {ROLL}.maxUnavailable"),
    ],
)  # fmt: skip
def test_deployments(spec: dict[str, Any], expected: str) -> None:
    assert said(workload("Deployment", **spec)) == one(expected)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"podManagementPolicy": "Any"}, "schema-enum spec.podManagementPolicy"),
        ({"updateStrategy": {"type": "OnDelete", "rollingUpdate": {}}},
         "schema-native spec.updateStrategy.rollingUpdate"),
        ({"updateStrategy": {"rollingUpdate": {"partition": -1}}},
         "schema-range spec.updateStrategy.rollingUpdate.partition"),
        ({"ordinals": {"start": -1}}, "schema-range spec.ordinals.start"),
        ({"serviceName": "A"}, "schema-name spec.serviceName"),
        ({"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Keep"}},
         "schema-enum spec.persistentVolumeClaimRetentionPolicy.whenScaled"),
        ({"volumeClaimTemplates": [{**CLAIM, "spec": {**CLAIM["spec"], "accessModes": []}}]},
         "schema-missing-field spec.volumeClaimTemplates[0].spec.accessModes"),
    ],
)  # fmt: skip
def test_stateful_sets(spec: dict[str, Any], expected: str) -> None:
    assert said(workload("StatefulSet", **spec)) == one(expected)


def test_claim_templates_are_volumes() -> None:
    mounting = container(volumeMounts=[{"name": "v", "mountPath": "/v"}])
    pods = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [mounting]}}
    where = "spec.template.spec.containers[0].volumeMounts[0].name"
    assert said(workload("StatefulSet", template=pods)) == [f"schema-native {where}"]
    assert said(workload("StatefulSet", template=pods, volumeClaimTemplates=[CLAIM])) == []


@pytest.mark.parametrize(
    ("rolling", "expected"),
    [
        ({"maxUnavailable": 0, "maxSurge": 1}, ""),
        ({"maxSurge": 1}, "schema-native spec.updateStrategy.rollingUpdate.maxSurge"),
        ({"maxUnavailable": 0}, "schema-native spec.updateStrategy.rollingUpdate.maxUnavailable"),
    ],
)
def test_daemon_set_updates(rolling: dict[str, Any], expected: str) -> None:
    assert said(workload("DaemonSet", updateStrategy={"rollingUpdate": rolling})) == one(expected)


RULE = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1, 2]}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ""),
        ({"template": template()}, "schema-missing-field spec.template.spec.restartPolicy"),
        ({"backoffLimit": -1}, "schema-range spec.backoffLimit"),
        ({"completionMode": "Indexed"}, "schema-missing-field spec.completions"),
        ({"completionMode": "Indexed", "completions": 2}, ""),
        ({"completionMode": "Some"}, "schema-enum spec.completionMode"),
        ({"backoffLimitPerIndex": 1}, "schema-native spec.backoffLimitPerIndex"),
        ({"selector": {"matchLabels": {"app": "x"}}}, "schema-native spec.selector"),
        ({"selector": {"matchLabels": {"app": "x"}}, "manualSelector": True}, ""),
        ({"manualSelector": True}, "schema-missing-field spec.selector"),
        ({"managedBy": "me"}, "schema-name spec.managedBy"),
        ({"podFailurePolicy": {"rules": [RULE]}}, ""),
        ({"podFailurePolicy": {"rules": [{**RULE, "action": "FailIndex"}]}},
         "schema-native spec.podFailurePolicy.rules[0].action"),
        ({"podFailurePolicy": {"rules": [{"action": "Count"}]}},
         "schema-native spec.podFailurePolicy.rules[0]"),
        ({"podFailurePolicy": {"rules": [RULE]}, "podReplacementPolicy": "TerminatingOrFailed"},
         "schema-enum spec.podReplacementPolicy"),
        ({"successPolicy": {"rules": [{"succeededCount": 1}]}}, "schema-native spec.successPolicy"),
        ({"completionMode": "Indexed", "completions": 3,
          "successPolicy": {"rules": [{"succeededIndexes": "0-1"}]}}, ""),
        ({"completionMode": "Indexed", "completions": 3,
          "successPolicy": {"rules": [{"succeededIndexes": "1-5"}]}},
         "schema-format spec.successPolicy.rules[0].succeededIndexes"),
    ],
)  # fmt: skip
def test_jobs(spec: dict[str, Any], expected: str) -> None:
    assert said(job(**spec)) == one(expected)


def test_a_job_name_becomes_a_label() -> None:
    data = job()
    data["metadata"]["name"] = "j" * 64
    assert said(data) == ["schema-name metadata.name"]


@pytest.mark.parametrize(
    ("schedule", "good"),
    [
        ("0 * * * *", True), ("*/5 0-6,12 1 jan-mar mon", True), ("@daily", True),
        ("@every 1h30m", True), ("? ? ? ? ?", True), ("5/15 * * * *", True),
        ("* * * *", False), ("60 * * * *", False), ("* * * * 7", False), ("@never", False),
        ("@every soon", False), ("*/0 * * * *", False), ("5-1 * * * *", False),
        ("TZ=UTC 0 * * * *", False), ("0 0 1-2-3 * *", False),
    ],
)  # fmt: skip
def test_schedules(schedule: str, good: bool) -> None:
    spec = {"schedule": schedule, "jobTemplate": {"spec": job()["spec"]}}
    expected = "" if good else "schema-format spec.schedule"
    assert said(thing("batch/v1", "CronJob", spec=spec)) == one(expected)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"schedule": ""}, "schema-missing-field spec.schedule"),
        ({"timeZone": "Europe/Berlin"}, ""),
        ({"timeZone": ""}, "schema-format spec.timeZone"),
        ({"timeZone": " Europe/Berlin"}, "schema-format spec.timeZone"),
        ({"concurrencyPolicy": "Wait"}, "schema-enum spec.concurrencyPolicy"),
        ({"startingDeadlineSeconds": -1}, "schema-range spec.startingDeadlineSeconds"),
    ],
)
def test_cron_jobs(more: dict[str, Any], expected: str) -> None:
    spec = {"schedule": "@daily", "jobTemplate": {"spec": job()["spec"]}, **more}
    assert said(thing("batch/v1", "CronJob", spec=spec)) == one(expected)
    data = thing("batch/v1", "CronJob", spec={**spec, "schedule": "@daily"})
    data["metadata"]["name"] = "c" * 53
    assert "schema-name metadata.name" in said(data)
