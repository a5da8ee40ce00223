"""Namespaces, monitors and cluster features that a delivery needs."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops import gke_feature_off, monitor_definitions_late, namespace_not_created
from stackgen.checks.schema import pass_documents
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle, Resource


def release(name: str, chart: str, **spec: Any) -> Resource:
    wanted = {"chart": chart, "sourceRef": {"kind": "HelmRepository", "name": "all"}}
    data = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": {"chart": {"spec": wanted}, **spec},
    }  # fmt: skip
    return Resource(data, f"{name}.yaml")


MONITOR = {"prometheus": {"servicemonitor": {"enabled": True}}}
STACK = release("monitoring", "kube-prometheus-stack")


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({"values": MONITOR}, 1),
        ({"values": {"monitoring": {"podMonitorEnabled": True}}}, 1),
        ({"values": {"prometheus": {"servicemonitor": {"enabled": False}}}}, 0),
        ({"values": MONITOR, "dependsOn": [{"name": "monitoring"}]}, 0),
        ({"values": MONITOR, "install": {"remediation": {"retries": 3}}}, 0),
    ],
)
def test_a_release_with_monitors_waits_for_their_definitions(
    spec: dict[str, Any], count: int
) -> None:
    context = Context(Bundle((release("cert-manager", "cert-manager", **spec), STACK)))
    assert len(list(monitor_definitions_late.check(context))) == count


@pytest.mark.parametrize(
    ("spec", "script", "count"),
    [
        ({"targetNamespace": "tools"}, "", 1),
        ({"targetNamespace": "tools", "install": {"createNamespace": True}}, "", 0),
        ({"targetNamespace": "tools"}, "kubectl create namespace tools\n", 0),
        ({"targetNamespace": "${NAMESPACE}"}, "", 0),
        ({"targetNamespace": "flux-system"}, "", 0),
        ({}, "", 0),
    ],
)
def test_a_target_namespace_is_created(spec: dict[str, Any], script: str, count: int) -> None:
    outside = made_by([Source("up.sh", script)]) if script else ()
    context = Context(Bundle((release("a", "a", **spec),), outside=outside))
    assert len(list(namespace_not_created.check(context))) == count


ACCOUNT = Resource(
    {
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {
            "name": "chat", "namespace": "models",
            "annotations": {"iam.gke.io/gcp-service-account": "a@p.iam.gserviceaccount.com"},
        },
    },
    "sa.yaml",
)  # fmt: skip


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ('name = "c"', 1),
        ("enable_autopilot = true", 0),
        ('workload_identity_config {\n workload_pool = "p.svc.id.goog"\n}', 0),
        ('dynamic "workload_identity_config" {\n for_each = [1]\n}', 0),
    ],
)
def test_a_cluster_has_the_features_that_manifests_need(body: str, count: int) -> None:
    text = f'resource "google_container_cluster" "c" {{\n{body}\n}}\n'
    outside = made_by([Source("main.tf", text)])
    found = list(gke_feature_off.check(Context(Bundle((ACCOUNT,), outside=outside))))
    assert len(found) == count


@pytest.mark.parametrize(
    ("script", "remedies"),
    [
        ("create llm", ["Set `--workload-pool PROJECT.svc.id.goog`."]),
        ("create llm --workload-pool p.svc.id.goog", []),
        ("create-auto llm", []),
        ("create llm|update llm --workload-pool p.svc.id.goog", []),
    ],
)
def test_buckets_need_workload_identity(script: str, remedies: list[str]) -> None:
    texts = [f"gcloud container clusters {one}" for one in script.split("|")]
    outside = made_by([Source(f"{i}.sh", text) for i, text in enumerate(texts)])
    data = {
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "weights"},
        "spec": {"csi": {"driver": "gcsfuse.csi.storage.gke.io", "volumeHandle": "b"}},
    }  # fmt: skip
    bundle = Bundle((Resource(data, "a.yaml"),), outside=outside)
    found = list(gke_feature_off.check(Context(bundle)))
    assert [f.more["remedy"] for f in found if "Identity" in f.message] == remedies


@pytest.mark.parametrize(("version", "count"), [("0.14.4", 0), ("0.16.x", 0), ("0.17.0", 1)])
def test_an_old_chart_serves_an_old_version(version: str, count: int) -> None:
    chart = release("external-secrets", "external-secrets")
    chart.data["spec"]["chart"]["spec"]["version"] = version
    data = {
        "apiVersion": "external-secrets.io/v1beta1", "kind": "ExternalSecret",
        "metadata": {"name": "a", "namespace": "models"}, "spec": {},
    }  # fmt: skip
    found = pass_documents.check(Context(Bundle((chart, Resource(data, "es.yaml")))))
    assert len([f for f in found if f.rule.id == "schema-unknown-kind"]) == count
