"""Paths in commands of jobs and of a README that are not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackgen.checks.gitops.commands_missing import findings
from stackgen.manifest.collect import collect

JOB = """on: push
jobs:
  check:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: |
          {run}
"""


def said(folder: Path, run: str = "true", readme: str = "") -> list[str]:
    workflow = folder / ".github" / "workflows" / "check.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(JOB.format(run=run))
    (folder / "apps" / "prod").mkdir(parents=True)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "smoke-test.sh").write_text("true\n")
    (folder / "README.md").write_text(f"# A\n\n```bash\n{readme}\n```\n")
    collected = collect([str(folder)])
    bundle = replace(collected.bundle, settings=tuple(collected.settings))
    return [one.message for one in findings(bundle, collected.commands, [str(folder)])]


@pytest.mark.parametrize(
    "run",
    [
        "kubectl apply -k apps/stage",
        "kustomize build apps/stage > /dev/null",
        "helm upgrade a chart -f apps/stage",
        "terraform -chdir=apps/stage plan",
    ],
)
def test_a_path_of_a_job(tmp_path: Path, run: str) -> None:
    assert said(tmp_path, run) == ["there is no apps/stage"]


@pytest.mark.parametrize(
    "run",
    [
        "kubectl apply -k apps/prod",
        "kubectl apply -k other/stage",
        "kubectl apply -k apps/${{ github.ref }}",
        "cd apps && kubectl apply -k apps/stage",
        "# kubectl apply -k apps/stage",
    ],
)
def test_a_path_that_is_there_or_not_known(tmp_path: Path, run: str) -> None:
    assert said(tmp_path, run) == []


def test_a_script_of_a_readme(tmp_path: Path) -> None:
    assert said(tmp_path, readme="# first\n./scripts/smoketest.sh") == [
        "there is no ./scripts/smoketest.sh; did you mean smoke-test.sh?"
    ]
