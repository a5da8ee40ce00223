"""PodDisruptionBudget, PriorityClass, HorizontalPodAutoscaler, ResourceQuota, LimitRange."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.native.objects import one, said, thing


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"minAvailable": "50%"}, ""),
        ({"minAvailable": "50"}, "schema-format spec.minAvailable"),
        ({"maxUnavailable": -1}, "schema-range spec.maxUnavailable"),
        ({"maxUnavailable": 1, "minAvailable": 1}, "schema-native spec"),
        ({"unhealthyPodEvictionPolicy": "Never"}, "schema-enum spec.unhealthyPodEvictionPolicy"),
    ],
)
def test_budgets(spec: dict[str, Any], expected: str) -> None:
    assert said(thing("policy/v1", "PodDisruptionBudget", spec=spec)) == one(expected)


def test_priority_classes() -> None:
    kind = ("scheduling.k8s.io/v1", "PriorityClass")
    assert said(thing(*kind, value=10**9)) == []
    assert said(thing(*kind, value=10**9 + 1)) == ["schema-range value"]
    assert said(thing(*kind, preemptionPolicy="Maybe")) == ["schema-enum preemptionPolicy"]
    own = {**thing(*kind, value=1), "metadata": {"name": "system-mine"}}
    assert said(own) == ["schema-name metadata.name"]


CPU = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
QUEUE = {"type": "External", "external": {"metric": {"name": "queue"}, "target": {
    "type": "AverageValue", "averageValue": 1}}}  # fmt: skip
M = "spec.metrics[0]"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ""),
        ({"maxReplicas": 0}, "schema-range spec.maxReplicas"),
        ({"minReplicas": 3}, "schema-range spec.maxReplicas"),
        ({"minReplicas": 0}, "schema-range spec.minReplicas"),
        ({"minReplicas": 0, "metrics": [QUEUE]}, "schema-range spec.minReplicas"),
        ({"scaleTargetRef": {**TARGET, "apiVersion": ""}},
         "schema-format spec.scaleTargetRef.apiVersion"),
        ({"scaleTargetRef": {**TARGET, "name": ""}},
         "schema-missing-field spec.scaleTargetRef.name"),
        ({"metrics": [{"type": "Resource", "resource": CPU}]}, ""),
        ({"metrics": [{"type": "Resource"}]}, f"schema-missing-field {M}.resource"),
        ({"metrics": [{"resource": CPU}]}, f"schema-missing-field {M}.type"),
        ({"metrics": [{"type": "Pods", "resource": CPU}]}, f"schema-missing-field {M}.pods"),
        ({"metrics": [{"type": "Resource", "resource": {**CPU, "target": {
            "type": "Utilization", "averageUtilization": 80, "averageValue": 1}}}]},
         f"schema-native {M}.resource.target.averageValue"),
        ({"metrics": [{"type": "Pods", "pods": {"metric": {"name": "a/b"}, "target": {
            "type": "AverageValue", "averageValue": 1}}}]},
         f"schema-name {M}.pods.metric.name"),
        ({"behavior": {"scaleDown": {"stabilizationWindowSeconds": 3601}}},
         "schema-range spec.behavior.scaleDown.stabilizationWindowSeconds"),
        ({"behavior": {"scaleUp": {"policies": []}}},
         "schema-missing-field spec.behavior.scaleUp.policies"),
        ({"behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1,
                                                 "periodSeconds": 1801}]}}},
         "schema-range spec.behavior.scaleUp.policies[0].periodSeconds"),
    ],
)  # fmt: skip
def test_autoscalers(spec: dict[str, Any], expected: str) -> None:
    full = {"scaleTargetRef": TARGET, "maxReplicas": 2, **spec}
    found = said(thing("autoscaling/v2", "HorizontalPodAutoscaler", spec=full))
    assert (expected in found) if expected else not found


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"hard": {"pods": 1, "requests.cpu": "500m", "count/jobs.batch": 2}}, ""),
        ({"hard": {"requests.google.com/tpu": 8}}, ""),
        ({"hard": {"pods": "500m"}}, "schema-quantity spec.hard.pods"),
        ({"hard": {"cores": 1}}, "schema-name spec.hard.cores"),
        ({"hard": {"pods": 1}, "scopes": ["BestEffort"]}, ""),
        ({"hard": {"cpu": 1}, "scopes": ["BestEffort"]}, "schema-native spec.scopes[0]"),
        ({"scopes": ["Terminating", "NotTerminating"]}, "schema-native spec.scopes[1]"),
        ({"scopes": ["Weekend"]}, "schema-enum spec.scopes[0]"),
        ({"scopeSelector": {"matchExpressions": [
            {"scopeName": "PriorityClass", "operator": "In"}]}},
         "schema-missing-field spec.scopeSelector.matchExpressions[0].values"),
    ],
)  # fmt: skip
def test_quotas(spec: dict[str, Any], expected: str) -> None:
    assert said(thing("v1", "ResourceQuota", spec=spec)) == one(expected)


L = "spec.limits[0]"


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"type": "Container", "max": {"cpu": 2}, "min": {"cpu": 1}}, ""),
        ({"type": "Container", "max": {"cpu": 1}, "min": {"cpu": 2}}, f"schema-range {L}.min.cpu"),
        ({"type": "Container", "default": {"cpu": 1}, "defaultRequest": {"cpu": 2}},
         f"schema-range {L}.defaultRequest.cpu"),
        ({"type": "Container", "max": {"cpu": 1}, "defaultRequest": {"cpu": 2}},
         f"schema-range {L}.defaultRequest.cpu"),
        ({"type": "Pod", "default": {"cpu": 1}}, f"schema-native {L}.default"),
        ({"type": "PersistentVolumeClaim"}, f"schema-missing-field {L}.max.storage"),
        ({"type": "Node"}, f"schema-enum {L}.type"),
        ({"type": "Container", "max": {"disk": 1}}, f"schema-name {L}.max.disk"),
        ({"type": "Container", "maxLimitRequestRatio": {"cpu": "500m"}},
         f"schema-range {L}.maxLimitRequestRatio.cpu"),
    ],
)  # fmt: skip
def test_limit_ranges(limit: dict[str, Any], expected: str) -> None:
    found = said(thing("v1", "LimitRange", spec={"limits": [limit]}))
    assert (expected in found) if expected else not found
