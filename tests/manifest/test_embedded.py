"""Commands of hooks, jobs and tasks in YAML, as scripts with the lines of their files."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from stackgen.cli.main import cli
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source
from stackgen.manifest.embedded import commands

HELMFILE = """\
releases:
  - name: operator
    namespace: {{ .Values.namespace }}
    chart: ./charts/operator
    hooks:
    - events: [presync]
      command: sh
      args:
        - -c
        - |
          # kubectl delete namespace old
          kubectl create namespace models
    {{- if .Values.wait }}
    - events: ["postsync"]
      command: kubectl
      args:
        - create
        - secret
        - generic
        - hf
        - --namespace={{ .Values.namespace }}
        - --from-literal=token=x
    {{- end }}
    values: [values.yaml]
"""
WORKFLOW = """\
on: push
env:
  SPACE: models
jobs:
  test:
    steps:
      - run: kind create cluster && kubectl create namespace tests
  chart:
    steps:
      - run: kubectl create namespace charts
  deploy:
    steps:
      - uses: google-github-actions/get-gke-credentials@v2
      - run: |
          helm upgrade --install qwen ./charts/server -n $SPACE --set image.tag=${{ github.sha }}
      - run: >-
          kubectl create
          serviceaccount qwen -n $SPACE
"""
TASKS = """\
version: "3"
tasks:
  up:
    cmds:
      - kubectl create namespace models
      - cmd: kubectl create serviceaccount qwen -n {{.SPACE}}
      - task: other
  elsewhere:
    dir: ../other
    cmds: [kubectl create namespace other]
"""
BUILD = """\
steps:
  - name: gcr.io/cloud-builders/kubectl
    args: [create, namespace, models]
  - name: gcr.io/google.com/cloudsdktool/cloud-sdk
    entrypoint: bash
    args:
      - -c
      - kubectl create serviceaccount qwen -n models
"""


def made(name: str, text: str) -> list[tuple[str, str, str, int]]:
    """Kind, namespace, name and line of what the commands of a file make."""
    found = []
    for one in made_by([Source(name, text)]):
        mark = one.document.marks().at(()) if one.document is not None else None
        found.append((one.kind, one.namespace, one.name, mark.line if mark is not None else 0))
    return found


def test_hooks_of_a_helmfile_are_commands() -> None:
    first, secret = made("helmfile.yaml.gotmpl", HELMFILE)
    assert first == ("Namespace", "", "models", 12)
    assert secret[0] == "Secret" and secret[1].startswith("$") and secret[2:] == ("hf", 20)


def test_a_job_that_works_on_a_cluster_has_commands() -> None:
    assert made(".github/workflows/deploy.yaml", WORKFLOW) == [
        ("HelmInstall", "models", "qwen", 15),
        ("ServiceAccount", "models", "qwen", 16),
    ]


def test_tasks_have_commands() -> None:
    first, second = made("Taskfile.yml", TASKS)
    assert first == ("Namespace", "", "models", 5)
    assert second[0] == "ServiceAccount" and second[3] == 6


def test_steps_of_a_build_have_commands() -> None:
    assert made("cloudbuild.yaml", BUILD) == [
        ("Namespace", "", "models", 3),
        ("ServiceAccount", "models", "qwen", 8),
    ]


def test_other_files_have_none() -> None:
    assert commands("apps/hooks.yaml", HELMFILE) == ""
    assert commands("helmfile.yaml", "releases: []\n") == ""
    assert commands("helmfile.yaml", "hooks:\n- command: kubectl\n  args: [") == ""


def test_a_hook_is_checked_where_it_is_written(tmp_path: Path) -> None:
    hook = HELMFILE.replace("create namespace models", "apply -f issuer.yaml")
    (tmp_path / "helmfile.yaml.gotmpl").write_text(hook, encoding="utf-8")
    (tmp_path / "app.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: models}\n", encoding="utf-8"
    )
    result = CliRunner().invoke(cli, ["lint", str(tmp_path), "--output-format", "concise"])
    said = "helmfile.yaml.gotmpl:12:28: warning[file-missing] there is no issuer.yaml"
    assert said in result.stdout
