"""What an ApplicationSet makes of lists and of files of the input, and what jobs name."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli
from tests.docs.test_rules import written

SET = """\
# file: apps.yaml
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: charts, namespace: argocd}
spec:
  goTemplate: true
  goTemplateOptions: [missingkey=error]
  generators:
    - matrix:
        generators:
          - git:
              repoURL: https://git.example.com/fleet.git
              revision: main
              files: [{path: envs/*.yaml}]
          - list:
              elements:
                - {project: platform, repoURL: "https://kedacore.github.io/charts", chart: keda}
  template:
    metadata: {name: "{{.env}}-{{.chart}}"}
    spec:
      project: "{{.project}}"
      source: {repoURL: "{{.repoURL}}", chart: "{{.chart}}", targetRevision: 2.18.0}
      destination: {server: "{{.server}}", namespace: keda}
      syncPolicy: {syncOptions: [CreateNamespace=true]}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: platform, namespace: argocd}
spec:
  sourceRepos: ["https://kedacore.github.io/charts"]
  destinations:
    - {server: "https://10.0.0.2", namespace: "*"}
    - {server: "https://10.0.1.2", namespace: "*"}
# file: envs/dev.yaml
env: dev
server: https://10.0.0.2
# file: envs/prod.yaml
env: prod
server: https://10.0.1.2
"""
JOB = """\
# file: up.sh
gcloud container clusters create models --location us-central1-a --project example-ml
# file: app.yaml
apiVersion: v1
kind: Namespace
metadata: {name: models}
# file: .github/workflows/deploy.yaml
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: google-github-actions/get-gke-credentials@v2
        with:
          cluster_name: models
          location: us-central1-a
      - run: kubectl get pods -n models
"""


def linted(tmp_path: Path, text: str) -> list[str]:
    """The errors and warnings of lint, without their place."""
    tmp_path.mkdir(exist_ok=True)
    folder = written(tmp_path / "in", text)
    run = CliRunner().invoke(cli, ["lint", str(folder), "--output-format", "concise"])
    lines = [line.partition(": ")[2] for line in run.stdout.splitlines()]
    return [line for line in lines if line.startswith(("error[", "warning["))]


def test_what_is_permitted_and_given_is_correct(tmp_path: Path) -> None:
    assert linted(tmp_path, SET) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'sourceRepos: ["https://kedacore.github.io/charts"]',
            'sourceRepos: ["https://charts.example.com"]',
            (
                "error[argocd-project-refuses] AppProject platform does not permit repository "
                "https://kedacore.github.io/charts of ApplicationSet charts"
            ),
        ),
        (
            "project: platform, ",
            "project: platfrom, ",
            (
                "error[argocd-project-refuses] nothing in the input provides AppProject platfrom, "
                'which a generator of charts gives; did you mean "platform"?'
            ),
        ),
        (
            "env: prod\nserver: https://10.0.1.2\n",
            "env: prod\n",
            (
                "error[argocd-template-unset] envs/prod.yaml gives no parameter server, and no "
                "other generator does"
            ),
        ),
        (
            "chart: keda}",
            "chart: kedacore/keda}",
            (
                "error[helm-chart-name] https://kedacore.github.io/charts has no chart "
                'kedacore/keda: a chart name has no slash; did you mean "keda"?'
            ),
        ),
    ],
)
def test_a_parameter_of_a_list_or_file_is_wrong(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    assert old in SET
    assert linted(tmp_path, SET.replace(old, new)) == [said]


def test_a_job_gets_the_credentials_of_another_place(tmp_path: Path) -> None:
    said = "the job looks for cluster models in location us-central1; it is in us-central1-a"
    assert linted(tmp_path / "good", JOB) == []
    wrong = JOB.replace(
        "location: us-central1-a\n      - run", "location: us-central1\n      - run"
    )
    assert linted(tmp_path / "bad", wrong) == [f"warning[google-cluster-unknown] {said}"]


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("projects/12/locations/global/workloadIdentityPools/github/providers/a", ""),
        (
            "projects/12/locations/global/workloadIdentityPools/github",
            "names a pool and no provider: /providers/NAME is missing",
        ),
        (
            "projects/example-ml/locations/global/workloadIdentityPools/github/providers/a",
            "has the project ID example-ml; it needs the project number",
        ),
    ],
)
def test_a_job_names_a_provider(provider: str, said: str, tmp_path: Path) -> None:
    step = (
        "      - uses: google-github-actions/auth@v2\n        with:\n"
        f"          workload_identity_provider: {provider}\n"
    )
    job = JOB.replace("jobs:\n", "permissions: {id-token: write}\njobs:\n")
    found = linted(tmp_path, job.replace("    steps:\n", "    steps:\n" + step))
    expected = f"error[workflow-identity] workload_identity_provider {said}"
    assert found == ([expected] if said else [])
