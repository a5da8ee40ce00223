"""Values of one chart that do not work together."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops.chart_values_conflict import check
from stackgen.checks.policy import pass_values
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle, Resource

CLUSTER = 'resource "google_container_cluster" "c" {\n  name = "c"\n}\n'
URLS = {
    "loki": "https://grafana.github.io/helm-charts",
    "istiod": "https://istio-release.storage.googleapis.com/charts",
    "ztunnel": "https://istio-release.storage.googleapis.com/charts",
    "metrics-server": "https://kubernetes-sigs.github.io/metrics-server/",
}


def application(chart: str, namespace: str = "tools", **values: Any) -> Resource:
    url = URLS.get(chart, "https://example.com/charts")
    source = {"repoURL": url, "chart": chart, "helm": {"valuesObject": values}}
    spec = {"source": source, "destination": {"namespace": namespace}}
    data = {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": chart, "namespace": "argocd"}, "spec": spec,
    }  # fmt: skip
    return Resource(data, f"{chart}.yaml")


def found(*objects: Resource, terraform: str = "") -> list[str]:
    outside = made_by([Source("main.tf", terraform)]) if terraform else ()
    return [one.message for one in check(Context(Bundle(objects, outside=outside)))]


OFF = {"enabled": False}


@pytest.mark.parametrize(
    ("objects", "terraform", "part"),
    [
        ([application("kube-prometheus-stack")], CLUSTER, "a managed control plane"),
        ([application("kube-prometheus-stack")], "", ""),
        ([application("kube-prometheus-stack", kubeControllerManager=OFF)], CLUSTER, ""),
        ([application("metrics-server")], CLUSTER, "its own metrics-server"),
        ([application("cert-manager")], "", "no CustomResourceDefinitions by default"),
        ([application("cert-manager", crds={"enabled": True})], "", ""),
        ([application("istiod"), application("ztunnel")], "", "not in the ambient profile"),
        ([application("istiod", profile="ambient"), application("ztunnel")], "", ""),
        ([application("istiod")], "", ""),
        ([application("ztunnel", "istio-system")], CLUSTER, "needs a ResourceQuota"),
        ([application("ztunnel", "kube-system")], CLUSTER, ""),
        ([application("argo-cd", server={"ingress": {"enabled": True}})], "", "with TLS only"),
        ([application("argo-cd", server={"ingress": {"enabled": True}},
                      configs={"params": {"server.insecure": True}})], "", ""),
    ],
)  # fmt: skip
def test_values_that_do_not_work(objects: list[Resource], terraform: str, part: str) -> None:
    told = found(*objects, terraform=terraform)
    assert len(told) == (1 if part else 0)
    assert all(part in one for one in told)


def test_a_missing_value_is_not_judged_while_others_may_set_it() -> None:
    one = application("cert-manager")
    one.data["spec"]["source"]["helm"]["valueFiles"] = ["values-prod.yaml"]
    assert found(one) == []


def test_values_of_terraform_are_judged_with_those_of_files() -> None:
    text = (
        'resource "helm_release" "p" {\n  chart = "kube-prometheus-stack"\n'
        '  values = [file("${path.module}/p.yaml")]\n}\n' + CLUSTER
    )
    file = Resource({"grafana": {"adminPassword": "hunter2"}}, "p.yaml")
    outside = made_by([Source("main.tf", text)])
    context = Context(Bundle((), outside=outside, settings=(file,)))
    assert [one.message[:21] for one in check(context)] == ["kubeControllerManager"]
    (secret,) = pass_values.check(context)
    holder = secret.places[0].resource
    assert secret.message == "the value adminPassword is written out"
    assert holder is file


@pytest.mark.parametrize("value", ["", "${PASSWORD}", "<change>", "GRAFANA_PASSWORD", "abc"])
def test_a_password_that_is_filled_in_is_none(value: str) -> None:
    file = Resource({"grafana": {"adminPassword": value}}, "p.yaml")
    text = "helm install p repo/kube-prometheus-stack -f p.yaml\n"
    bundle = Bundle((), outside=made_by([Source("up.sh", text)]), settings=(file,))
    assert list(pass_values.check(Context(bundle))) == []
