"""What an update may not change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.native.objects import job, said, service, template, thing, workload

CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
BIGGER = {**CLAIM, "resources": {"requests": {"storage": "2Gi"}}}
OTHER = {"selector": {"matchLabels": {"app": "y"}}, "template": template({"app": "y"})}
RBAC = "rbac.authorization.k8s.io/v1"
PRIORITY = ("scheduling.k8s.io/v1", "PriorityClass")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (workload("Deployment"), workload("Deployment", replicas=3), []),
        (workload("Deployment"), workload("Deployment", **OTHER),
         ["schema-immutable spec.selector"]),
        (workload("StatefulSet"), workload("StatefulSet", serviceName="s"),
         ["schema-immutable spec.serviceName"]),
        (workload("StatefulSet"), workload("StatefulSet", podManagementPolicy="OrderedReady"), []),
        (job(), job(parallelism=2), []),
        (job(), job(template=template({"b": "c"}, restartPolicy="Never")),
         ["schema-immutable spec.template"]),
        (job(), job(completions=2), ["schema-immutable spec.completions"]),
        (job(), job(completionMode="NonIndexed"), []),
        (service(clusterIP="10.1.2.3"), service(), []),
        (service(clusterIP="10.1.2.3"), service(clusterIP="None"),
         ["schema-immutable spec.clusterIP"]),
        (thing("v1", "PersistentVolumeClaim", spec=CLAIM),
         thing("v1", "PersistentVolumeClaim", spec=BIGGER), []),
        (thing("v1", "PersistentVolumeClaim", spec=BIGGER),
         thing("v1", "PersistentVolumeClaim", spec=CLAIM),
         ["schema-immutable spec.resources.requests.storage"]),
        (thing("v1", "ConfigMap", data={"a": "1"}), thing("v1", "ConfigMap", data={"a": "2"}), []),
        (thing("v1", "ConfigMap", data={"a": "1"}, immutable=True),
         thing("v1", "ConfigMap", data={"a": "2"}, immutable=True), ["schema-immutable data"]),
        (thing("v1", "Secret"), thing("v1", "Secret", type="Opaque"), []),
        (thing("v1", "Secret"), thing("v1", "Secret", type="a/b"), ["schema-immutable type"]),
        (thing(*PRIORITY, value=1), thing(*PRIORITY, value=2), ["schema-immutable value"]),
        (thing(RBAC, "RoleBinding", roleRef={"kind": "Role", "name": "a"}),
         thing(RBAC, "RoleBinding", roleRef={"kind": "Role", "name": "b"}),
         ["schema-immutable roleRef"]),
    ],
)  # fmt: skip
def test_updates(before: dict[str, Any], after: dict[str, Any], expected: list[str]) -> None:
    assert said(after, before) == expected
    assert said(after) == []
