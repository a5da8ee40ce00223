"""Values that deliveries and scripts give to a chart that is a folder of the input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli

CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "charts/web/values.yaml": "replicaCount: 1\nimage: {tag: one}\n",
    "charts/web/templates/web.yaml": (
        "replicas: {{ .Values.replicaCount }}\nimage: nginx:{{ .Values.image.tag }}\n"
    ),
}
APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web, namespace: argocd}}
spec:
  project: default
  destination: {{server: "https://kubernetes.default.svc", namespace: argocd}}
  source: {{repoURL: "https://git.example.org/x", targetRevision: main, path: charts/web, helm: {}}}
"""
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: web}}
spec:
  interval: 1h
  chart: {{spec: {{chart: ./charts/web, sourceRef: {{kind: GitRepository, name: x}}}}}}
  values: {}
"""
SET = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: web, namespace: argocd}}
spec:
  goTemplate: true
  generators: [{{list: {{elements: [{{name: web}}, {{name: other}}]}}}}]
  template:
    metadata: {{name: "{{{{.name}}}}"}}
    spec:
      project: default
      destination: {{server: "https://kubernetes.default.svc", namespace: argocd}}
      source:
        repoURL: https://git.example.org/x
        targetRevision: main
        path: "charts/{{{{.name}}}}"
        helm: {}
"""

TERRAFORM = """resource "helm_release" "web" {
  name  = "web"
  chart = "${path.module}/charts/web"
  set {
    name  = "image.tga"
    value = "two"
  }
}
"""


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("app.yaml", APPLICATION.format("{valuesObject: {replicas: 2}}"), "replicas"),
        ("app.yaml", APPLICATION.format("{values: 'image: {tga: two}'}"), "image.tga"),
        ("app.yaml", APPLICATION.format("{valueFiles: [../../prod.yaml]}"), "replicaCuont"),
        ("app.yaml", APPLICATION.format("{valuesObject: {replicaCount: 2}}"), ""),
        ("app.yaml", SET.format("{valuesObject: {replicas: 2}}"), "replicas"),
        ("release.yaml", RELEASE.format("{image: {name: x}}"), "image.name"),
        ("run/up.sh", "helm install web ../charts/web --set image.tga=two\n", "image.tga"),
        ("up.sh", 'helm install web "$HERE/charts/web" -f prod.yaml\n', "replicaCuont"),
        ("up.sh", "helm install web ./charts/web --set image.tag=two,global.x=1\n", ""),
        ("up.sh", "helm install web ./elsewhere/web --set image.tga=two\n", ""),
        (
            "main.tf",
            TERRAFORM,
            "image.tga",
        ),
    ],
)
def test_values_for_a_chart_of_the_input(
    file: str, text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prod = {"prod.yaml": "replicaCuont: 2\n"} if "prod.yaml" in text else {}
    for name, content in {**CHART, **prod, file: text}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    options = ["--output-format", "json", "--select", "helm-value-unread"]
    run = CliRunner().invoke(cli, ["lint", *options, "."])
    messages = [one["message"] for one in json.loads(run.stdout)["findings"]]
    assert [said.split(" reads ")[1].split(";")[0] for said in messages] == [told][: bool(told)]


def test_objects_of_one_line_of_a_template_are_named(tmp_path: Path) -> None:
    files = {
        "web/Chart.yaml": CHART["charts/web/Chart.yaml"],
        "web/templates/all.yaml": (
            "{{- range list `one` `two` }}\n---\napiVersion: v1\nkind: ConfigMap\n"
            "metadata: {name: {{ . }}, namespace: web}\ndata: {x.json: '{'}\n{{- end }}\n"
        ),
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    options = ["--output-format", "concise", "--select", "config-file-syntax"]
    run = CliRunner().invoke(cli, ["lint", *options, str(tmp_path)])
    lines = [line.split("] ")[1] for line in run.stdout.splitlines() if "all.yaml:6" in line]
    assert [line.split(" is not ")[0] for line in lines] == [
        "ConfigMap one: x.json",
        "ConfigMap two: x.json",
    ]
